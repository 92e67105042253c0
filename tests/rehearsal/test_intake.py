"""From uploads to runs: none lost, none twice, whatever is uploaded, stopped, repeated or misplaced."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from contract.sources import content_of, source_id
from rehearsal.samples import load_samples
from tests.rehearsal.conftest import Platform
from tests.rehearsal.inbox import Inbox
from tests.rehearsal.intake import Intake

pytestmark = pytest.mark.slow

MESSAGE_DEADLINE_SECONDS = 90
LATE_ROWS = 6
WRITTEN_BY_THE_PLATFORM = ("runs/", "clean/", "heldout/", "evaluation/", "quarantine/", "reports/")


@pytest.fixture(scope="module")
def intake(platform: Platform) -> Iterator[Intake]:
    """The last small sample's model: the tests of other files use the first."""
    model = [sample.model for sample in load_samples() if not sample.flagship and not sample.holdout_files][-1]
    found = Intake(platform, model)
    found.wait_until_idle()
    yield found
    found.clear()
    found.wait_until_idle()


@pytest.fixture(scope="module")
def lines(intake: Intake) -> list[bytes]:
    """The sample's file: its header, then its rows."""
    [sample] = [sample for sample in load_samples() if sample.model == intake.model]
    [(_, content)] = sample.uploads()
    return content.splitlines()


def file_of(lines: list[bytes], start: int, stop: int) -> bytes:
    return b"\n".join([lines[0], *lines[1:][start:stop]]) + b"\n"


def interrupted_run(intake: Intake, lines: list[bytes], end: str) -> dict[str, Any]:
    """What became of a run on a new file that a person or the clock stopped."""
    known = len(intake.executions())
    with intake.time_limit(2 if end == "TIMED_OUT" else 3600):
        intake.upload("first.csv", file_of(lines, 0, 50))
        interrupted = intake.new_execution(known)
        if end == "ABORTED":
            intake.client("stepfunctions").stop_execution(executionArn=interrupted)
        return intake.end_of(interrupted)


@pytest.mark.parametrize("end", ["ABORTED", "TIMED_OUT"])
def test_a_run_that_is_interrupted_is_told_and_blocks_nothing(
    intake: Intake, inbox: Inbox, lines: list[bytes], end: str
) -> None:
    known = len(intake.executions())
    described = interrupted_run(intake, lines, end)
    assert described["status"] == end
    messages = inbox.wait_for(described["name"], deadline_seconds=MESSAGE_DEADLINE_SECONDS)
    assert len(messages) == 1
    assert "goes on from the interrupted state" in messages[0]

    intake.upload("second.csv", file_of(lines, 50, 60))
    after = intake.new_execution(known + 1)
    intake.client("stepfunctions").stop_execution(executionArn=after)
    intake.wait_until_idle()
    assert len(intake.executions()) == known + 2


def test_an_end_that_is_told_again_is_not_told_to_people_again(
    intake: Intake, inbox: Inbox, lines: list[bytes]
) -> None:
    ended = interrupted_run(intake, lines, "ABORTED")
    intake.wait_until_idle()
    stopped = round(ended["stopDate"].timestamp() * 1000)
    detail = {"executionArn": ended["executionArn"], "status": "ABORTED", "stopDate": stopped}
    before = inbox.wait_for(ended["name"], deadline_seconds=MESSAGE_DEADLINE_SECONDS)
    for _ in range(2):
        intake.tell_notifier({"detail-type": "Step Functions Execution Status Change", "detail": detail})
    after = inbox.wait_for(ended["name"], deadline_seconds=MESSAGE_DEADLINE_SECONDS)
    assert len(before) == len(after) == 1


@dataclass(frozen=True)
class Story:
    """Uploads, a run, uploads during it, and what followed."""

    runs: list[str]
    replaced: tuple[str, str]
    outdated: str
    """The source that was overwritten."""


@pytest.fixture(scope="module")
def story(intake: Intake, lines: list[bytes]) -> Story:
    """Two whole runs. What is overwritten is overwritten once the first run no longer reads it."""
    intake.clear()
    known, third = len(intake.executions()), len(lines) // 3
    old, key = file_of(lines, 2 * third, len(lines)), f"raw/{intake.model}/replaced.csv"
    intake.upload("folder/", b"")
    time.sleep(0.2)
    intake.upload("folder/part one + two.csv", file_of(lines, 0, third))
    intake.upload("another part.csv", file_of(lines, third, 2 * third))
    intake.upload("replaced.csv", old)
    first = intake.new_execution(known)
    intake.wait_for_state(first, "TrainModel")
    version = intake.upload("replaced.csv", file_of(lines, 2 * third, len(lines) - LATE_ROWS))
    intake.upload("late.csv", file_of(lines, len(lines) - LATE_ROWS, len(lines)))
    intake.end_of(first)
    intake.end_of(intake.new_execution(known + 1))
    intake.wait_until_idle()
    outdated = source_id(key, content_of([old]))
    return Story([each["executionArn"] for each in intake.executions()[known:]], (key, version), outdated)


def test_uploads_within_a_minute_start_one_run_and_those_during_it_exactly_one_after_it(
    intake: Intake, story: Story
) -> None:
    assert len(story.runs) == 2
    ends = [intake.describe(run) for run in story.runs]
    assert [end["status"] for end in ends] == ["SUCCEEDED", "SUCCEEDED"]
    given = [json.loads(end["input"]) for end in ends]
    assert [(value["model"], value["reason"]) for value in given] == [(intake.model, "new data")] * 2
    first = [entry["key"].removeprefix(f"raw/{intake.model}/") for entry in intake.manifest(story.runs[0])["objects"]]
    assert first == ["another part.csv", "folder/part one + two.csv", "replaced.csv"]


def test_a_key_with_spaces_and_signs_works_to_the_end(intake: Intake, story: Story) -> None:
    [source] = [
        entry["source"] for entry in intake.manifest(story.runs[0])["objects"] if "part one + two" in entry["key"]
    ]
    for run in story.runs:
        assert source in _trained_sources(intake, run)


def test_an_overwritten_key_trains_on_its_new_content_only(intake: Intake, story: Story) -> None:
    assert story.outdated in _trained_sources(intake, story.runs[0])
    assert story.outdated not in _trained_sources(intake, story.runs[1])
    new = {entry["key"]: entry["version_id"] for entry in intake.manifest(story.runs[1])["objects"] if entry["new"]}
    key, version = story.replaced
    assert new == {key: version, f"raw/{intake.model}/late.csv": new[f"raw/{intake.model}/late.csv"]}


def test_the_same_object_again_changes_nothing(intake: Intake, story: Story) -> None:
    known, packages, trainings = len(intake.executions()), intake.packages(), intake.trainings()
    key, s3 = f"raw/{intake.model}/late.csv", intake.client("s3")
    before = s3.head_object(Bucket=intake.bucket, Key=key)["ETag"]
    intake.upload("late.csv", intake.read(key))
    # The bucket is under a key of KMS, so the ETag says nothing of the content.
    assert s3.head_object(Bucket=intake.bucket, Key=key)["ETag"] != before
    end = intake.end_of(intake.new_execution(known))
    intake.wait_until_idle()
    assert json.loads(end["output"])["verdict"] == "nothing_new"
    assert "RunEtl" not in intake.states(end["executionArn"])
    assert (len(intake.executions()), intake.packages(), intake.trainings()) == (known + 1, packages, trainings)


def test_messages_that_are_delivered_again_start_nothing(intake: Intake, story: Story) -> None:
    known, key = len(intake.executions()), f"raw/{intake.model}/another part.csv"
    arrived = intake.client("s3").head_object(Bucket=intake.bucket, Key=key)["LastModified"]
    for execution in intake.executions():
        intake.send("ended", execution_arn=execution["executionArn"], status=execution["status"])
        intake.send("upload", key=key, size=1, time=arrived.isoformat())
    intake.wait_until_idle()
    assert len(intake.executions()) == known


def test_a_wish_with_nothing_new_is_a_whole_run(intake: Intake, story: Story) -> None:
    known, trainings = len(intake.executions()), intake.trainings()
    before = set(_trained_sources(intake, story.runs[1]))
    intake.send("manual")
    end = intake.end_of(intake.new_execution(known))
    intake.wait_until_idle()
    assert (end["status"], json.loads(end["input"])["reason"]) == ("SUCCEEDED", "asked for")
    assert not [entry for entry in intake.manifest(end["executionArn"])["objects"] if entry["new"]]
    assert set(_trained_sources(intake, end["executionArn"])) == before
    assert {"RunEtl", "TrainModel", "EvaluateModel"} <= set(intake.states(end["executionArn"]))
    assert (len(intake.executions()), intake.trainings()) == (known + 1, trainings + 1)


@pytest.mark.parametrize("key", ["raw/no such model/a b+c.csv", "holdout/nobody/x.csv", "at the root.csv"])
def test_a_file_that_no_model_reads_ends_in_exactly_one_notification(intake: Intake, inbox: Inbox, key: str) -> None:
    intake.client("s3").put_object(Bucket=intake.bucket, Key=key, Body=b"1")
    messages = inbox.wait_for(key, deadline_seconds=MESSAGE_DEADLINE_SECONDS)
    intake.client("s3").delete_object(Bucket=intake.bucket, Key=key)
    assert len(messages) == 1
    for sample in load_samples():
        assert sample.model in messages[0]


def test_people_hear_of_nothing_that_the_platform_writes_itself(intake: Intake, inbox: Inbox, story: Story) -> None:
    assert story.runs
    s3 = intake.client("s3")
    for folder in (f"raw/{intake.model}/another folder/", "folder of nobody/"):
        s3.put_object(Bucket=intake.bucket, Key=folder, Body=b"")
    s3.put_object(Bucket=intake.bucket, Key="after them.csv", Body=b"1")
    assert inbox.wait_for(f"s3://{intake.bucket}/after them.csv", deadline_seconds=MESSAGE_DEADLINE_SECONDS)
    s3.delete_object(Bucket=intake.bucket, Key="after them.csv")

    told = inbox.about(f"nobody reads s3://{intake.bucket}/")
    for place in (*WRITTEN_BY_THE_PLATFORM, "folder", f"raw/{intake.model}/"):
        assert not [message for message in told if f"s3://{intake.bucket}/{place}" in message]


def _trained_sources(intake: Intake, execution_arn: str) -> list[str]:
    """The sources whose rows the training job was given."""
    run = json.loads(intake.describe(execution_arn)["output"])["run"]
    _, *names = json.loads(intake.read(f"runs/{intake.model}/{run}/train.manifest"))
    return sorted({name.split("/")[0].removeprefix("source=") for name in names})
