"""Bad files on the deployed platform: each ends in one clear message or in quarantine, and changes nothing that serves.

The files and what must come of them stand in samples/bad/cases.toml.
"""

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from contract.text import one_line
from rehearsal.journey import Outcome
from rehearsal.samples import Sample, load_samples
from tests.bad_files import BadFile, bad_files
from tests.rehearsal.bucket import Bucket
from tests.rehearsal.conftest import Platform
from tests.rehearsal.inbox import Inbox
from tests.rehearsal.uploads import Serving, Uploads

pytestmark = pytest.mark.slow

MESSAGE_DEADLINE_SECONDS = 180
GATE, QUARANTINE = bad_files("gate"), bad_files("quarantine")
[ONE_CLASS], [FOLDER], [HEADERLESS] = bad_files("validation"), bad_files("nothing"), bad_files("headerless")
[EMPTY] = bad_files("passed_over")
[THIRTY_PERCENT] = [case for case in QUARANTINE if "6 of 20" in case.wrong]
[MODEL] = {case.model for case in [*GATE, *QUARANTINE, FOLDER]}
OVERWRITTEN = f"raw/{MODEL}/overwritten.csv"
FEW_AMONG_MANY = f"raw/{MODEL}/few among many.csv"
NO_TEXT = f"raw/{MODEL}/a\x1b[2J\nWay out: pay.csv"


@dataclass(frozen=True)
class Story:
    """What was uploaded, and what served before and after."""

    versions: dict[str, str]
    good_run: str
    warnings: list[str]
    before: dict[str, Serving]
    after: dict[str, Serving]


@pytest.fixture(scope="module")
def uploads(platform: Platform) -> Iterator[Uploads]:
    """The model of most of the files, without the files of other tests."""
    yield from alone(platform, MODEL)


@pytest.fixture(scope="module")
def other_uploads(platform: Platform) -> Iterator[Uploads]:
    """The model of the file with one class."""
    yield from alone(platform, ONE_CLASS.model)


def alone(platform: Platform, model: str) -> Iterator[Uploads]:
    mine = Uploads(platform, model)
    found = mine.set_aside()
    yield mine
    mine.bucket.delete(f"raw/{model}/")
    for key, content in found.items():
        mine.put(key, content)
    mine.wait_until_idle()


@pytest.fixture(scope="module")
def story(uploads: Uploads, other_uploads: Uploads, platform: Platform, inbox: Inbox) -> Story:
    """One upload after the other: refused, mended, refused in many ways; the model with classes beside it."""

    def wait_for_message(key: str) -> None:
        platform.view.wait(
            f"a message about {key}", lambda: inbox.about(key) or None, deadline_seconds=MESSAGE_DEADLINE_SECONDS
        )

    versions, before, after = {}, {}, {}
    before["class"] = other_uploads.serving()
    versions[ONE_CLASS.key] = other_uploads.put(ONE_CLASS.key, ONE_CLASS.content)

    before["overwritten"] = uploads.serving()
    uploads.put(OVERWRITTEN, next(case.content for case in GATE if "missing" in case.wrong))
    wait_for_message(OVERWRITTEN)
    uploads.wait_until_idle()
    after["overwritten"] = uploads.serving()

    good_run, warnings = mend(uploads, versions)

    before["gate"] = uploads.serving()
    for case in GATE:
        versions[case.key] = uploads.put(case.key, case.content)
    wait_for_message(GATE[0].key)
    uploads.wait_until_idle()
    after["gate"] = uploads.serving()
    for case in GATE:
        uploads.bucket.delete(case.key)

    before["quarantine"] = uploads.serving()
    for case in QUARANTINE:
        versions[case.key] = uploads.put(case.key, case.content)
    for case in (QUARANTINE[0], ONE_CLASS):
        wait_for_message(case.key)
    inbox.wait_for(ONE_CLASS.key, deadline_seconds=0)  # a second message about anything would come by now
    for each in (uploads, other_uploads):
        each.wait_until_idle()
    after["quarantine"], after["class"] = uploads.serving(), other_uploads.serving()
    return Story(versions, good_run, warnings, before, after)


def mend(uploads: Uploads, versions: dict[str, str]) -> tuple[str, list[str]]:
    """Replace the refused file by the shipped one, with bad and empty ones beside it; the run's id and warnings."""
    good = next(content for sample in load_samples() if sample.model == MODEL for _, content in sample.uploads())
    trained, deployed = uploads.executions("training"), uploads.executions("deployment")
    versions[FOLDER.key] = uploads.put(FOLDER.key, FOLDER.content)
    versions[FEW_AMONG_MANY] = uploads.put(FEW_AMONG_MANY, THIRTY_PERCENT.content)
    versions[EMPTY.key] = uploads.put(EMPTY.key, EMPTY.content)
    versions[NO_TEXT] = uploads.put(NO_TEXT, good)
    versions[OVERWRITTEN] = uploads.put(OVERWRITTEN, good)
    result = uploads.follow_new("training", trained)
    if result["verdict"] == "promote":
        uploads.follow_new("deployment", deployed)
    uploads.wait_until_idle()
    return result["run"], result["warnings"]


def quarantined(bucket: Bucket, key: str, version: str) -> list[dict[str, Any]]:
    rows = [row for row in bucket.quarantined(key.split("/")[1]) if row["key"] == key]
    return sorted((row for row in rows if row["version_id"] == version), key=lambda row: row["line"])


@pytest.mark.parametrize("case", GATE, ids=lambda case: Path(case.key).name)
def test_a_file_that_cannot_be_right_ends_in_one_message_naming_file_column_and_reason(
    story: Story, inbox: Inbox, case: BadFile
) -> None:
    [message] = inbox.about(case.key)

    assert case.says in message
    assert "GateArrivals" in message
    assert "every later run is refused" in message


def test_a_wrong_count_in_a_file_without_header_is_told_in_the_same_way(
    platform: Platform, outcome: Outcome, flagship: Sample, inbox: Inbox
) -> None:
    """The flagship's files have no header; its journey comes first, because it follows the model's newest run."""
    assert outcome.predictions
    assert HEADERLESS.model == flagship.model
    mine = Uploads(platform, flagship.model)
    before = mine.serving()
    mine.put(HEADERLESS.key, HEADERLESS.content)
    [message] = inbox.wait_for(HEADERLESS.key, deadline_seconds=MESSAGE_DEADLINE_SECONDS)
    mine.bucket.delete(HEADERLESS.key)
    mine.wait_until_idle()

    assert HEADERLESS.says in message
    assert mine.serving() == before


@pytest.mark.parametrize("case", QUARANTINE, ids=lambda case: case.file)
def test_bad_lines_are_kept_with_their_bytes_place_and_reason_and_too_many_of_them_are_told_once(
    story: Story, inbox: Inbox, uploads: Uploads, case: BadFile
) -> None:
    rows = quarantined(uploads.bucket, case.key, story.versions[case.key])
    lines = case.content.split(b"\n")
    [message] = inbox.about(case.key)

    assert tuple((row["line"], row["column"], row["reason"]) for row in rows) == case.quarantined
    assert [base64.b64decode(row["original_base64"]) for row in rows] == [lines[row["line"] - 1] for row in rows]
    assert case.says in message
    assert "are quarantined, at most 10.0% may be" in message
    assert "ValidateData" in message


def test_the_same_lines_among_many_good_ones_stop_no_run_and_are_kept_all_the_same(
    story: Story, inbox: Inbox, uploads: Uploads
) -> None:
    rows = quarantined(uploads.bucket, FEW_AMONG_MANY, story.versions[FEW_AMONG_MANY])

    assert tuple((row["line"], row["column"], row["reason"]) for row in rows) == THIRTY_PERCENT.quarantined
    assert inbox.about(FEW_AMONG_MANY) == []


@pytest.mark.parametrize("key", [THIRTY_PERCENT.key, FEW_AMONG_MANY], ids=["refused", "accepted"])
def test_the_lines_read_are_the_clean_and_the_quarantined_ones_whether_the_run_went_on_or_not(
    story: Story, uploads: Uploads, key: str
) -> None:
    lines = uploads.bucket.read(key).splitlines()[1:]
    clean = uploads.bucket.rows_of_source(MODEL, uploads.bucket.source(key))
    kept = quarantined(uploads.bucket, key, story.versions[key])

    assert (clean, len(kept)) == (len(lines) - len(THIRTY_PERCENT.quarantined), len(THIRTY_PERCENT.quarantined))


def test_a_key_written_again_counts_with_its_last_version_only(story: Story, inbox: Inbox, uploads: Uploads) -> None:
    manifest = json.loads(uploads.bucket.read(f"runs/{MODEL}/{story.good_run}/manifest.json"))
    [entry] = [entry for entry in manifest["objects"] if entry["key"] == OVERWRITTEN]
    [message] = inbox.about(OVERWRITTEN)
    rows = len(uploads.bucket.read(OVERWRITTEN).splitlines()) - 1

    assert "the header lacks this column" in message
    assert entry["version_id"] == story.versions[OVERWRITTEN]
    assert uploads.bucket.rows_of_source(MODEL, entry["source"]) == rows
    assert [row for row in uploads.bucket.quarantined(MODEL) if row["key"] == OVERWRITTEN] == []


def test_rows_of_one_class_only_are_refused_before_anything_is_trained(story: Story, inbox: Inbox) -> None:
    [message] = inbox.about(ONE_CLASS.key)

    assert ONE_CLASS.says in message
    assert "ValidateData" in message
    assert f"New files: {ONE_CLASS.key}." in message


def test_a_folder_marker_is_no_file(story: Story, inbox: Inbox, uploads: Uploads) -> None:
    manifest = json.loads(uploads.bucket.read(f"runs/{MODEL}/{story.good_run}/manifest.json"))

    assert {entry["key"] for entry in manifest["objects"]} == {OVERWRITTEN, FEW_AMONG_MANY, EMPTY.key}
    assert inbox.about(FOLDER.key) == []


def test_an_empty_file_is_passed_over_told_with_the_run_and_never_read_again(
    story: Story, inbox: Inbox, uploads: Uploads
) -> None:
    assert story.warnings == [EMPTY.says]
    assert inbox.about(EMPTY.key) == []
    assert uploads.bucket.rows_of_source(MODEL, uploads.bucket.source(EMPTY.key)) == 0


def test_a_file_with_a_key_that_is_no_text_is_told_once_although_later_runs_find_it_too(
    story: Story, inbox: Inbox, uploads: Uploads
) -> None:
    keys = [key for key in uploads.bucket.keys(f"runs/{MODEL}/") if key.endswith("/manifest.json")]
    runs = [json.loads(uploads.bucket.read(key)) for key in keys]
    finders = [run["run"] for run in runs if run["refused_keys"]]
    [message] = inbox.about(one_line(NO_TEXT))

    assert story.good_run in finders
    assert len(finders) >= 3
    assert f"File:    s3://{uploads.bucket.name}/{one_line(NO_TEXT)}\n" in message
    assert sum(line.startswith("Way out:") for line in message.splitlines()) == 1


@pytest.mark.parametrize("chapter", ["overwritten", "gate", "quarantine", "class"])
def test_what_serves_and_what_is_registered_is_as_before(story: Story, chapter: str) -> None:
    assert story.after[chapter] == story.before[chapter]


def test_there_was_something_that_served(story: Story) -> None:
    assert story.before["gate"].configuration
    assert story.before["gate"].versions
