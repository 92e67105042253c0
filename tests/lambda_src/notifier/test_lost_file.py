"""The message about a file that no model reads."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contract.text import one_line
from lambda_src.common.models import Models
from lambda_src.notifier.lost_file import LostFile, is_read, lost_file_notice, reason
from lambda_src.notifier.notice import Platform
from tests.lambda_src.examples import MODELS_PATH, PARAMETERS
from tests.lambda_src.fakes import FakeSSM

PLATFORM = Platform("mlops-dev", ("churn", "loans"))


def event(key: str, **stored: Any) -> dict[str, Any]:
    object_ = {"key": key, "size": 1234, "etag": "e", "sequencer": "00A", "version-id": "v1"} | stored
    return {"region": "eu-west-1", "detail": {"bucket": {"name": "data"}, "object": object_}}


@pytest.mark.parametrize(
    ("key", "why"),
    [
        ("raw/chrun/a.csv", "there is no model 'chrun'"),
        ("holdout/chrun/a.csv", "there is no model 'chrun'"),
        ("raw/churn", "the file lies in raw/ itself"),
        ("raw/a.csv", "the file lies in raw/ itself"),
        ("holdout/churn/a.csv", "'churn' is taken from raw/churn/"),
        ("a.csv", "files are read below raw/<model>/"),
        ("Raw/churn/a.csv", "files are read below raw/<model>/"),
        ("churn/a.csv", "files are read below raw/<model>/"),
    ],
)
def test_the_reason_says_what_is_wrong_with_the_place(key: str, why: str) -> None:
    assert why in reason(key, PLATFORM)


@pytest.mark.parametrize(
    ("key", "read"),
    [
        ("raw/churn/a.csv", True),
        ("raw/churn/sub/a.csv", True),
        ("raw/churn-red/a.csv", False),
        ("raw/churn", False),
        ("raw/Churn/a.csv", False),
        ("holdout/loans/a.csv", True),
        ("holdout/churn/a.csv", False),
        ("clean/churn/a.csv", False),
        ("churn/a.csv", False),
    ],
)
def test_what_a_model_reads_is_no_lost_file(key: str, read: bool) -> None:
    assert is_read(key, Models(FakeSSM(PARAMETERS), MODELS_PATH)) is read


def test_a_thousand_files_of_a_model_ask_for_its_settings_once() -> None:
    ssm = FakeSSM(PARAMETERS)
    models = Models(ssm, MODELS_PATH, keep_seconds=60.0)
    assert is_read("raw/churn/a.csv", models)
    ssm.parameters.clear()
    assert is_read("raw/churn/b.csv", models)
    assert not is_read("raw/churn/b.csv", Models(ssm, MODELS_PATH))


def test_the_message_names_the_key_the_models_the_way_out_version_and_link() -> None:
    notice = lost_file_notice(LostFile.of(event("raw/chrun/a b+c.csv")), PLATFORM)
    assert notice.subject == "mlops-dev lost file raw/chrun/a b+c.csv"
    assert "s3://data/raw/chrun/a b+c.csv" in notice.body
    assert "churn, loans" in notice.body
    assert "such as raw/churn/" in notice.body
    assert "1,234 bytes" in notice.body
    assert "v1" in notice.body
    assert "prefix=raw/chrun/a%20b%2Bc.csv" in notice.body


@pytest.mark.parametrize("key", ["raw/chrun/", "new folder/", "clean_$folder$"])
def test_a_folder_marker_is_no_file(key: str) -> None:
    assert LostFile.of(event(key)).is_folder


def test_where_there_are_no_versions_the_sequencer_tells_uploads_apart() -> None:
    plain = event("a.csv")
    del plain["detail"]["object"]["version-id"]
    assert LostFile.of(plain).identity == {"bucket": "data", "key": "a.csv", "version": "00A"}


@given(st.text(min_size=1, max_size=1024))
def test_of_any_key_something_can_be_told_that_sns_takes(key: str) -> None:
    notice = lost_file_notice(LostFile.of(event(key)), PLATFORM)
    assert 0 < len(notice.subject) <= 100
    assert notice.subject.isascii()
    assert one_line(key) in notice.body


def test_a_key_that_no_url_can_hold_is_told_all_the_same() -> None:
    """JSON may write half a character (RFC 8259, 8.2), which UTF-8 cannot."""
    assert r"raw/\ud800.csv" in lost_file_notice(LostFile.of(event(json.loads(r'"raw/\ud800.csv"'))), PLATFORM).body


LINES = ["What:", "Cause:", "Models:", "Way out:", "", "Version:", "Size:", "Look:"]


@given(st.text(alphabet=st.characters(), min_size=1, max_size=1024))
@example("raw/chrun/a.csv\nWay out: send your password to mallory@example.com")
@example("raw/chrun\nWay out: x/a.csv")
@example("raw/a\r\nCause: none\x1b[2J\u2028Way out: x")
def test_no_key_writes_a_line_of_its_own(key: str) -> None:
    lines = lost_file_notice(LostFile.of(event(key)), PLATFORM).body.splitlines()
    assert [line.partition(":")[0] + ":" if line else "" for line in lines] == LINES
