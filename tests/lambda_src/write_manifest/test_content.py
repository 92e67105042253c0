"""A file is new by its content, not by its upload. And no more of it than a run can finish."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from contract.sources import content_of, row_id, source_id
from lambda_src.common.ledger import LedgerEntry, read_ledger, write_ledger
from lambda_src.notifier.refused_files import LARGEST_REPORT_BYTES
from lambda_src.write_manifest import choosing, content
from lambda_src.write_manifest.handler import write_manifest
from lambda_src.write_manifest.listing import run_time
from lambda_src.write_manifest.refusing import NAMED_FILES
from tests.lambda_src.examples import BUCKET, TABLE
from tests.lambda_src.fakes import FakeDynamoDB, FakeS3, client_error
from tests.lambda_src.write_manifest.test_write_manifest import EVENT, RUN, accept, reads, store, write

OLDEST = datetime(2026, 2, 1, tzinfo=UTC)


def fill(s3: FakeS3, keys: list[str]) -> None:
    """One file each, the first the oldest."""
    for age, key in enumerate(keys):
        s3.now = OLDEST + timedelta(minutes=age)
        s3.put(BUCKET, key, f"content of {key}")


def wanted(dynamodb: FakeDynamoDB) -> bool:
    """Tell whether the starter was asked for another run."""
    return "last_upload" in dynamodb.items.get(("churn", "starter"), {})


def test_the_same_bytes_again_are_nothing_new_and_their_rows_keep_their_names() -> None:
    s3, dynamodb = store(), FakeDynamoDB()
    s3.put(BUCKET, "raw/churn/a.csv", "one")
    [first] = accept(s3, dynamodb).objects
    s3.put(BUCKET, "raw/churn/a.csv", "one")
    answer, manifest = write(s3, dynamodb)
    [second] = manifest.objects

    assert first.etag != second.etag
    assert (answer["new_objects"], second.new) == (0, False)
    assert row_id(first.source, 7) == row_id(second.source, 7)
    assert second.version_id != first.version_id


def test_a_content_is_read_once_and_known_by_its_version_from_then_on() -> None:
    s3, dynamodb = store(), FakeDynamoDB()
    s3.put(BUCKET, "raw/churn/a.csv", "one")
    accept(s3, dynamodb)
    s3.put(BUCKET, "raw/churn/a.csv", "one")
    write(s3, dynamodb)
    assert len(reads(s3)) == 2
    write(s3, dynamodb)

    assert len(reads(s3)) == 2


def test_a_content_that_comes_back_after_another_is_known() -> None:
    s3, dynamodb = store(), FakeDynamoDB()
    for text in ("one", "two"):
        s3.put(BUCKET, "raw/churn/a.csv", text)
        accept(s3, dynamodb)
    s3.put(BUCKET, "raw/churn/a.csv", "one")

    assert write(s3, dynamodb)[0]["new_objects"] == 0


def test_what_a_run_accepted_before_contents_were_compared_is_known_by_its_version() -> None:
    s3, dynamodb = store(), FakeDynamoDB()
    version = s3.put(BUCKET, "raw/churn/a.csv", "one")
    entry = LedgerEntry("0" * 32, "raw/churn/a.csv", version.version_id, RUN, 1)
    write_ledger(dynamodb, TABLE, "churn", [entry])
    answer, manifest = write(s3, dynamodb)

    assert (answer["new_objects"], manifest.objects[0].source) == (0, "0" * 32)
    assert reads(s3) == []


def test_a_file_too_large_to_read_is_known_by_the_checksum_that_s3_keeps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "LARGEST_READ_BYTES", 3)
    s3, dynamodb = store(), FakeDynamoDB()
    s3.put(BUCKET, "raw/churn/a.csv", "large")
    accept(s3, dynamodb)
    s3.put(BUCKET, "raw/churn/a.csv", "large")
    assert write(s3, dynamodb)[0]["new_objects"] == 0
    s3.put(BUCKET, "raw/churn/a.csv", "LARGE")

    assert write(s3, dynamodb)[0]["new_objects"] == 1
    assert reads(s3) == []


def test_a_large_file_without_any_checksum_counts_as_new(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content, "LARGEST_READ_BYTES", 3)
    s3, dynamodb = store(), FakeDynamoDB()
    s3.checksums = False
    for _ in range(2):
        s3.put(BUCKET, "raw/churn/a.csv", "large")
        assert [entry.new for entry in accept(s3, dynamodb).objects] == [True]


def test_a_version_that_is_removed_while_it_is_looked_at_is_left_to_the_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    s3 = store()
    version = s3.put(BUCKET, "raw/churn/a.csv", "one")
    listing = s3._list_versions

    def listed(**arguments: Any) -> Any:
        pages = list(listing(**arguments))
        s3.objects[BUCKET, "raw/churn/a.csv"] = [
            each for each in s3.objects[BUCKET, "raw/churn/a.csv"] if each is not version
        ]
        return iter(pages)

    monkeypatch.setattr(s3, "_list_versions", listed)
    assert write(s3)[0]["new_objects"] == 1


def test_a_run_takes_the_oldest_new_files_and_all_runs_together_take_each_once() -> None:
    s3, dynamodb = store(), FakeDynamoDB()
    s3.page_size = 1000
    keys = [f"raw/churn/{number:05}.csv" for number in range(5000, 7500)][::-1]
    fill(s3, keys)
    taken = []
    while True:
        manifest = accept(s3, dynamodb, new_files_per_run=1000)
        taken.append([entry.key for entry in manifest.new_objects])
        assert manifest.files_left == len(keys) - sum(map(len, taken))
        if not manifest.files_left:
            break

    assert [set(keys[start : start + 1000]) for start in (0, 1000, 2000)] == [set(run) for run in taken]
    assert len(manifest.objects) == len(keys)
    assert len(reads(s3)) == len(keys)


def test_what_is_known_already_takes_no_place_from_what_is_new() -> None:
    s3, dynamodb = store(), FakeDynamoDB()
    fill(s3, [f"raw/churn/{number}.csv" for number in range(6)])
    accept(s3, dynamodb)
    fill(s3, [f"raw/churn/{number}.csv" for number in range(6)])
    fill(s3, ["raw/churn/new-1.csv", "raw/churn/new-2.csv", "raw/churn/new-3.csv"])
    answer, manifest = write(s3, dynamodb, new_files_per_run=2)

    assert answer["new_objects"] == 2
    assert {entry.key for entry in manifest.new_objects} < {f"raw/churn/new-{number}.csv" for number in (1, 2, 3)}


def test_the_hold_out_comes_first_but_leaves_half_of_the_places_to_training_files() -> None:
    s3, dynamodb = store(), FakeDynamoDB()
    fill(s3, [f"raw/churn/{number}.csv" for number in range(9)])
    fill(s3, [f"holdout/churn/{number}.csv" for number in range(9)])
    runs = [accept(s3, dynamodb, new_files_per_run=6) for _ in range(3)]

    assert [[entry.role for entry in run.new_objects] for run in runs] == [["holdout"] * 3 + ["training"] * 3] * 3
    assert [run.files_left for run in runs] == [12, 6, 0]
    fill(s3, [f"holdout/churn/more-{number}.csv" for number in range(9)])
    assert len(accept(s3, dynamodb, new_files_per_run=6).new_objects) == 6


def test_the_same_run_again_takes_the_same_files() -> None:
    s3, dynamodb = store(), FakeDynamoDB()
    fill(s3, [f"raw/churn/{number}.csv" for number in range(5)])
    write(s3, dynamodb, new_files_per_run=2)
    write(s3, dynamodb, new_files_per_run=2)
    first, second = s3.objects[BUCKET, f"runs/churn/{RUN}/manifest.json"]

    assert first.body == second.body


def test_no_run_asks_for_another_one_before_something_was_accepted() -> None:
    s3, dynamodb = store(), FakeDynamoDB()
    fill(s3, [f"raw/churn/{number}.csv" for number in range(5)])

    assert write(s3, dynamodb, new_files_per_run=2)[0]["files_left"] == 3
    assert not wanted(dynamodb)


def test_a_run_reads_no_more_than_it_has_time_for_and_asks_for_another_one(monkeypatch: pytest.MonkeyPatch) -> None:
    s3, dynamodb = store(), FakeDynamoDB()
    fill(s3, [f"raw/churn/{number}.csv" for number in range(5)])
    accept(s3, dynamodb)
    fill(s3, [f"raw/churn/{number}.csv" for number in range(5)])
    monkeypatch.setattr(choosing, "READ_BYTES_PER_RUN", 1)
    left = [write(s3, dynamodb)[0]["files_left"]]
    assert wanted(dynamodb)
    while left[-1]:
        left.append(write(s3, dynamodb)[0]["files_left"])

    assert left == [4, 3, 2, 1, 0]


@pytest.mark.parametrize("odd", ["\x01", "\x1b[2J", "\n", "\ufffe", "\u2028"])
def test_a_key_that_is_no_text_is_refused_by_name_and_the_other_files_go_on(odd: str) -> None:
    s3, dynamodb = store(), FakeDynamoDB()
    fill(s3, ["raw/churn/a.csv", f"raw/churn/b{odd}.csv", f"holdout/churn/b{odd}.csv"])
    answer, manifest = write(s3, dynamodb)
    shown = ascii(odd)[1:-1]

    assert (answer["new_objects"], answer["files_left"]) == (1, 0)
    assert manifest.refused_keys == (f"holdout/churn/b{shown}.csv", f"raw/churn/b{shown}.csv")
    assert all(key.isprintable() for key in manifest.refused_keys)


def reports(s3: FakeS3) -> dict[str, int]:
    """The reports on refused files, and how often each was written."""
    return {key: len(s3.objects[BUCKET, key]) for key in s3.keys(BUCKET) if key.startswith("refused/")}


def test_refused_files_are_reported_once_whatever_runs_follow_and_again_when_there_are_others() -> None:
    s3, dynamodb = store(), FakeDynamoDB()
    fill(s3, ["raw/churn/a.csv", "raw/churn/b\n.csv", "raw/churn/c\x1b.csv"])
    for run in ("260301100000", "260301110000", "260302110000"):
        write_manifest(EVENT | {"run": run}, s3=s3, dynamodb=dynamodb, bucket=BUCKET, table=TABLE)
    [(first, written)] = reports(s3).items()
    assert written == 1
    assert json.loads(s3.text(BUCKET, first)) == {
        "model": "churn",
        "files": 2,
        "keys": ["raw/churn/b\n.csv", "raw/churn/c\x1b.csv"],
    }

    s3.put(BUCKET, "raw/churn/b\n.csv", "another upload under the same key")
    write(s3, dynamodb)
    assert reports(s3)[first] == 1
    assert len(reports(s3)) == 2


def test_a_line_break_and_a_backslash_with_an_n_are_two_keys_in_a_report() -> None:
    s3 = store()
    fill(s3, ["raw/churn/b\\n\x01", "raw/churn/b\n\x01"])
    write(s3)
    [report] = reports(s3)
    assert json.loads(s3.text(BUCKET, report))["keys"] == ["raw/churn/b\n\x01", "raw/churn/b\\n\x01"]


def test_without_refused_files_nothing_is_reported() -> None:
    s3 = store()
    fill(s3, ["raw/churn/a.csv"])
    write(s3)
    assert reports(s3) == {}


def test_a_refused_file_stays_reported_when_it_grows_older_than_the_window() -> None:
    """Otherwise the set would change by itself, and people would be told of the others again."""
    s3 = store(data={"window_days": 30})
    s3.now = run_time(RUN) - timedelta(days=31)
    s3.put(BUCKET, "raw/churn/b\n.csv", "x")
    assert write(s3)[1].refused_keys == ("raw/churn/b\\n.csv",)


def test_a_report_names_so_many_keys_that_its_reader_can_take_it() -> None:
    s3 = store()
    for number in range(NAMED_FILES + 1):
        s3.put(BUCKET, f"raw/churn/\x01{number:04}" + "\U000e0001" * 250, "x")
    _, manifest = write(s3)
    [report] = reports(s3)
    value = json.loads(s3.text(BUCKET, report))
    assert (value["files"], len(value["keys"])) == (NAMED_FILES + 1, NAMED_FILES)
    assert len(s3.text(BUCKET, report).encode()) < LARGEST_REPORT_BYTES
    assert len(manifest.refused_keys) == NAMED_FILES + 1


def test_another_trouble_with_the_report_is_no_report_that_is_there_already() -> None:
    s3 = store()
    s3.put(BUCKET, "raw/churn/b\n.csv", "x")
    put = s3.put_object

    def put_object(**given: Any) -> dict[str, Any]:
        if given["Key"].startswith("refused/"):
            raise client_error("AccessDenied", "PutObject")
        return put(**given)

    s3.put_object = put_object  # type: ignore[method-assign]
    with pytest.raises(Exception, match="AccessDenied"):
        write(s3)


def test_a_retry_of_the_ledger_keeps_what_the_entry_said() -> None:
    s3, dynamodb = store(), FakeDynamoDB()
    s3.put(BUCKET, "raw/churn/a.csv", "one")
    accept(s3, dynamodb)
    version = s3.put(BUCKET, "raw/churn/a.csv", "one").version_id
    write(s3, dynamodb)
    source = source_id("raw/churn/a.csv", content_of([b"one"]))

    assert read_ledger(dynamodb, TABLE, "churn")[source] == LedgerEntry(source, "raw/churn/a.csv", version, RUN, 1)
    assert run_time(RUN)
