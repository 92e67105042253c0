"""The message about a file that no model reads."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contract.text import one_line
from lambda_src.notifier.lost_file import LostFile, lost_file_notice, reason
from lambda_src.notifier.notice import Platform

PLATFORM = Platform("mlops-dev", ("churn", "loans"), ("loans",))


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
