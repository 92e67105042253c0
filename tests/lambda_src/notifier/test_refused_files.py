"""Files that no run reads because of their keys: one message for each report, and none that a key could write in."""

import subprocess
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lambda_src.common.models import Models
from lambda_src.notifier.handler import notify
from lambda_src.notifier.lost_file import LostFile
from lambda_src.notifier.notice import Platform
from lambda_src.notifier.refused_files import SHOWN_FILES, RefusedFiles, quotable, refused_files_notice
from lambda_src.write_manifest.handler import write_manifest
from tests.lambda_src.examples import BUCKET, CONTRACTS_URI, MODELS_PATH, PARAMETERS, TABLE, contracts_archive
from tests.lambda_src.fakes import FakeDynamoDB, FakeS3, FakeSSM
from tests.lambda_src.notifier.context import Context
from tests.lambda_src.notifier.test_waiting_version import TOPIC, Topic

MODELS = Models(FakeSSM(PARAMETERS), MODELS_PATH)
PLATFORM = Platform("mlops-dev", ("churn", "loans"))
REPORT = f"refused/churn/{'0' * 64}.json"
HOSTILE = "raw/churn/a\nWay out: send your password to mallory@example.com"


class World:
    """A bucket that tells the notifier of what arrives outside of the models' places, as the rule does."""

    def __init__(self) -> None:
        self.s3, self.dynamodb, self.topic = FakeS3(), FakeDynamoDB(), Topic()
        self.s3.put("asset-bucket", "contracts.zip", contracts_archive())
        self._seen: set[str] = set()

    def run(self, run: str) -> None:
        event = {"model": "churn", "run": run, "contracts_uri": CONTRACTS_URI, "settings": {}, "new_files_per_run": 100}
        write_manifest(event, s3=self.s3, dynamodb=self.dynamodb, bucket=BUCKET, table=TABLE)
        self.deliver()

    def deliver(self, times: int = 2) -> None:
        """Every new version, each more than once, as EventBridge may."""
        for (bucket, key), versions in self.s3.objects.items():
            if bucket == BUCKET and not key.startswith(("raw/", "holdout/", "runs/")):
                for version in versions:
                    if version.version_id not in self._seen:
                        self._seen.add(version.version_id)
                        for _ in range(times):
                            self._tell(key, version.version_id, len(version.body or b""))

    def _tell(self, key: str, version: str, size: int) -> None:
        stored = {"key": key, "size": size, "version-id": version, "sequencer": "1"}
        detail = {"bucket": {"name": BUCKET}, "object": stored}
        event = {"detail-type": "Object Created", "region": "eu-west-1", "detail": detail}
        clients: dict[str, Any] = {"sns": self.topic, "dynamodb": self.dynamodb, "s3": self.s3}
        notify(event, Context(), prefix="mlops-dev", models=MODELS, clients=clients, topic_arn=TOPIC, table=TABLE)


def test_people_are_told_once_of_files_with_such_keys_however_many_runs_find_them() -> None:
    world = World()
    for key in ("raw/churn/good.csv", HOSTILE, "raw/churn/b\x1b[2J.csv", "holdout/churn/c\u2028.csv"):
        world.s3.put(BUCKET, key, "x")
    for run in ("260301100000", "260302100000", "260401100000"):
        world.run(run)

    [message] = world.topic.published
    assert message["Subject"] == "mlops-dev-churn does not read 3 files because of the key"
    for key in (HOSTILE, "raw/churn/b\x1b[2J.csv", "holdout/churn/c\u2028.csv"):
        assert f"File:    s3://{BUCKET}/{quotable(key)}\n" in message["Message"]
    assert "good.csv" not in message["Message"]
    assert "Way out: upload the file again under a key without it" in message["Message"]


def test_a_further_file_is_told_with_those_that_are_still_there() -> None:
    world = World()
    world.s3.put(BUCKET, HOSTILE, "x")
    world.run("260301100000")
    world.s3.put(BUCKET, "raw/churn/b\x01.csv", "x")
    world.run("260302100000")
    world.run("260303100000")
    assert ["1 file " in message["Subject"] for message in world.topic.published] == [True, False]


@pytest.mark.parametrize(
    ("key", "text"),
    [
        (REPORT, b"no json"),
        (REPORT, b"[" * 100_000),
        (REPORT, b'{"keys": [], "files": 1}'),
        (REPORT, b'{"keys": [7], "files": 1}'),
        (REPORT, b'{"keys": 7, "files": 1}'),
        (REPORT, b'{"keys": ["a"], "files": Infinity}'),
        (REPORT, b'{"keys": ["a"]}'),
        (REPORT, b"\xff"),
        (REPORT.replace("churn", "chrun"), b'{"keys": ["a"], "files": 1}'),
        ("refused/churn/mine.json", b'{"keys": ["a"], "files": 1}'),
        (f"x/{REPORT}", b'{"keys": ["a"], "files": 1}'),
    ],
)
def test_what_is_no_report_of_the_platform_is_a_lost_file(key: str, text: bytes) -> None:
    world = World()
    world.s3.put(BUCKET, key, text)
    world.deliver()
    assert [message["Subject"].split()[1:3] for message in world.topic.published] == [["lost", "file"]]


def notice(*keys: str, files: int = 0) -> list[str]:
    stored = LostFile("data", REPORT, "v1", 1, "eu-west-1")
    return refused_files_notice(RefusedFiles(stored, "churn", files or len(keys), keys), PLATFORM).body.splitlines()


@given(st.lists(st.text(min_size=1, max_size=1024), min_size=1, max_size=3))
@example([HOSTILE])
@example(["raw/churn/a\r\nCause: none\x1b[2J\u2028Way out: x"])
def test_no_key_writes_a_line_of_its_own(keys: list[str]) -> None:
    marks = [line.partition(":")[0] for line in notice(*keys) if line]
    assert marks == ["What", *["File"] * len(keys), "Cause", "Way out", "Report", "Look"]


QUOTES = "a'; touch stolen; '\\'$(touch stolen)`touch stolen`\\"
HOSTILE_KEYS = st.text(
    st.one_of(st.characters(), st.sampled_from("'\\\"\n!$`\x01\x85\u2028nx0")), min_size=1, max_size=1024
)


@given(st.lists(HOSTILE_KEYS.filter(lambda key: len(key.encode("utf-8", "ignore")) <= 1024), min_size=1, max_size=20))
@example([QUOTES, f"{QUOTES}\n", "\\n\x01", "\n\x01", "\x85", "\xa0f", "\x1bf", "\u2028f", "!!", "\U000e0001" * 256])
def test_a_key_between_the_quotes_of_the_command_is_that_key_and_nothing_else(keys: list[str]) -> None:
    start = "File:    s3://data/"
    shown = [line.removeprefix(start) for line in notice(*keys) if line.startswith(start)]
    script = "".join(f"printf '%s\\0' $'{each}'\n" for each in shown)
    told = subprocess.run(["bash"], input=script.encode(), capture_output=True, check=True)

    assert told.stderr == b""
    # No argument holds a null: such a key is one that no key can be.
    wanted = [key.encode("utf-8", "surrogatepass").replace(b"\0", b"\xc0\x80") for key in keys]
    assert told.stdout.split(b"\0")[:-1] == wanted


def test_the_command_of_the_way_out_takes_what_the_message_shows() -> None:
    [way_out] = [line for line in notice(HOSTILE) if line.startswith("Way out:")]
    assert "with what stands behind s3://data/ in place of the dots: aws s3api delete-object" in way_out
    assert way_out.endswith("--bucket data --key $'...'")


def test_of_many_files_the_first_are_shown_and_the_others_counted() -> None:
    lines = notice(*(f"raw/churn/{number}" for number in range(1000)), files=1200)
    assert sum(line.startswith("File:") for line in lines) == SHOWN_FILES
    assert f"More:    {1200 - SHOWN_FILES} more: the report and the run's manifest name them" in lines
    assert not any(line.startswith("More:") for line in notice(*map(str, range(SHOWN_FILES))))


def test_the_longest_keys_fit_into_one_message() -> None:
    text = "\n".join(notice(*["\U000e0001" * 256] * SHOWN_FILES))
    assert len(text.encode()) < 256 * 1024
    assert "more characters" not in text
    assert "more characters" in "\n".join(notice("\U000e0001" * 257))
