import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.manifest import Manifest
from contract.sources import content_of, source_id
from lambda_src.common.contracts import NoContract
from lambda_src.common.ledger import LedgerEntry, write_ledger
from lambda_src.write_manifest.handler import handle, write_manifest
from lambda_src.write_manifest.listing import run_time
from tests.lambda_src.examples import BUCKET, CONTRACTS_URI, SETTINGS, TABLE, churn, contracts_archive
from tests.lambda_src.fakes import FakeDynamoDB, FakeS3

RUN = "260301100000"
EVENT = {"model": "churn", "run": RUN, "contracts_uri": CONTRACTS_URI, "settings": SETTINGS, "new_files_per_run": 1000}


def store(**contract_changes: Any) -> FakeS3:
    s3 = FakeS3(now=datetime(2026, 3, 1, 9, tzinfo=UTC))
    s3.put("asset-bucket", "contracts.zip", contracts_archive(**contract_changes))
    return s3


def write(s3: FakeS3, dynamodb: FakeDynamoDB | None = None, **event: Any) -> tuple[dict[str, Any], Manifest]:
    answer = write_manifest(EVENT | event, s3=s3, dynamodb=dynamodb or FakeDynamoDB(), bucket=BUCKET, table=TABLE)
    return answer, Manifest.from_json(json.loads(s3.text(BUCKET, f"runs/churn/{RUN}/manifest.json")))


def accept(s3: FakeS3, dynamodb: FakeDynamoDB, **event: Any) -> Manifest:
    """Accept a run's files, as ValidateData does."""
    manifest = write(s3, dynamodb, **event)[1]
    entries = [LedgerEntry(entry.source, entry.key, entry.version_id, RUN, 1) for entry in manifest.new_objects]
    write_ledger(dynamodb, TABLE, "churn", entries)
    return manifest


def reads(s3: FakeS3) -> list[str]:
    """The uploads that were read so far."""
    return [key for key, _, _ in s3.reads if key.startswith(("raw/", "holdout/"))]


def test_every_current_object_is_pinned_by_version_over_all_pages() -> None:
    s3 = store()
    for number in range(7):
        s3.put(BUCKET, f"raw/churn/{number}.csv", f"old {number}")
        s3.put(BUCKET, f"raw/churn/{number}.csv", f"new {number}")
    answer, manifest = write(s3)
    folder = f"s3://{BUCKET}/runs/churn/{RUN}"
    assert answer == {
        "contract_uri": f"{folder}/contract.json",
        "manifest_uri": f"{folder}/manifest.json",
        "new_objects": 7,
        "objects": 7,
        "files_left": 0,
    }
    for entry in manifest.objects:
        version = s3.objects[BUCKET, entry.key][-1]
        assert (entry.version_id, entry.size) == (version.version_id, len(version.body or b""))
        assert entry.source == source_id(entry.key, content_of([version.body or b""]))
        assert not entry.etag.startswith('"')


def test_the_runs_folder_holds_the_contract_and_the_settings_that_it_began_with() -> None:
    s3 = store()
    write(s3)
    assert s3.text(BUCKET, f"runs/churn/{RUN}/contract.json") == churn().to_json()
    assert json.loads(s3.text(BUCKET, f"runs/churn/{RUN}/settings.json")) == SETTINGS


def test_a_model_that_the_deployed_contracts_lack_is_told_by_name() -> None:
    with pytest.raises(NoContract, match="contracts.zip holds no contract of loans: deploy the platform again"):
        write(store(), model="loans")


def test_folder_markers_deleted_objects_and_other_models_are_left_out() -> None:
    s3 = store()
    s3.put(BUCKET, "raw/churn/", "")
    s3.put(BUCKET, "raw/churn/sub/", "")
    s3.put(BUCKET, "raw/churn/gone.csv", "x")
    s3.delete(BUCKET, "raw/churn/gone.csv")
    s3.put(BUCKET, "raw/churn-2/a.csv", "x")
    s3.put(BUCKET, "raw/churn/sub/a b+ä.csv", "x")
    assert [entry.key for entry in write(s3)[1].objects] == ["raw/churn/sub/a b+ä.csv"]


def test_an_empty_file_is_listed_so_that_the_gate_can_name_it() -> None:
    s3 = store()
    s3.put(BUCKET, "raw/churn/empty.csv", "")
    assert write(s3)[0]["new_objects"] == 1


def test_what_an_accepted_run_used_is_not_new_until_its_content_changes() -> None:
    s3, dynamodb = store(), FakeDynamoDB()
    s3.put(BUCKET, "raw/churn/a.csv", "one")
    s3.put(BUCKET, "raw/churn/b.csv", "two")
    accept(s3, dynamodb)
    s3.put(BUCKET, "raw/churn/a.csv", "one")  # the same content once more
    s3.put(BUCKET, "raw/churn/b.csv", "changed")
    answer, manifest = write(s3, dynamodb)
    assert (answer["new_objects"], answer["objects"]) == (1, 2)
    assert [entry.key for entry in manifest.new_objects] == ["raw/churn/b.csv"]


def test_the_ledger_of_another_model_does_not_count() -> None:
    s3, dynamodb = store(), FakeDynamoDB()
    s3.put(BUCKET, "raw/churn/a.csv", "one")
    source = write(s3)[1].objects[0].source
    dynamodb.items["loans", f"source#{source}"] = LedgerEntry(source, "k", "v", RUN, 1).to_item("loans")
    assert write(s3, dynamodb)[0]["new_objects"] == 1


def test_the_window_leaves_old_uploads_out_but_never_the_official_hold_out() -> None:
    s3 = store(data={"window_days": 30})
    s3.now = run_time(RUN) - timedelta(days=31)
    s3.put(BUCKET, "raw/churn/old.csv", "x")
    s3.put(BUCKET, "holdout/churn/test.csv", "x")
    s3.now = run_time(RUN) - timedelta(days=30)
    s3.put(BUCKET, "raw/churn/young.csv", "x")
    found = {entry.key: entry.role for entry in write(s3)[1].objects}
    assert found == {"raw/churn/young.csv": "training", "holdout/churn/test.csv": "holdout"}


def test_without_an_official_hold_out_the_holdout_folder_is_not_listed() -> None:
    s3 = store(split={"holdout": "fraction", "holdout_fraction": 0.2})
    s3.put(BUCKET, "holdout/churn/test.csv", "x")
    assert write(s3)[0]["objects"] == 0


def test_nothing_uploaded_gives_an_empty_manifest() -> None:
    answer, manifest = write(store())
    assert (answer["new_objects"], answer["objects"], manifest.objects) == (0, 0, ())


def test_the_same_state_run_twice_writes_the_same_bytes() -> None:
    s3 = store()
    s3.put(BUCKET, "raw/churn/a.csv", "x")
    write(s3)
    write(s3)
    first, second = s3.objects[BUCKET, f"runs/churn/{RUN}/manifest.json"]
    assert first.body == second.body


@given(st.datetimes(datetime(2000, 1, 1), datetime(2068, 1, 1)).map(lambda time: time.replace(microsecond=0)))
def test_the_run_says_when_it_started(time: datetime) -> None:
    assert run_time(f"{time:%y%m%d%H%M%S}") == time.replace(tzinfo=UTC)


def test_the_handler_takes_bucket_and_table_from_its_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    s3 = store()
    monkeypatch.setattr("boto3.client", lambda service: {"s3": s3, "dynamodb": FakeDynamoDB()}[service])
    monkeypatch.setenv("DATA_BUCKET", BUCKET)
    with pytest.raises(RuntimeError, match="RUN_TABLE is not set"):
        handle(EVENT, None)
    monkeypatch.setenv("RUN_TABLE", TABLE)
    assert handle(EVENT, None)["objects"] == 0
