import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from lambda_src.validate_data.findings import DataRefused
from tests.lambda_src.examples import BUCKET, contract_value
from tests.lambda_src.validate_data.world import HEADER, RUN, World, csv


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Two training files and an official hold-out, all good."""
    world = World(tmp_path)
    world.add("raw/churn/a.csv", csv(60))
    world.add("raw/churn/b c+ä.csv", csv(40, spent=1000.0))
    world.add("holdout/churn/test.csv", csv(30, spent=5000.0), role="holdout")
    return world


def refused(world: World) -> str:
    """The message; a refusal leaves the report, and nothing that says the data was accepted."""
    before = world.ledger()
    with pytest.raises(DataRefused) as error:
        world.validate()
    assert not world.report()["passed"]
    assert world.ledger() == before
    assert (BUCKET, f"runs/churn/{RUN}/train.manifest") not in world.s3.objects
    return str(error.value)


def test_good_data_is_accepted_and_the_answer_fits_the_machine(world: World) -> None:
    answer = world.validate()
    assert answer == {
        "report_uri": f"s3://{BUCKET}/reports/churn/{RUN}/validation.json",
        "train_manifest_uri": f"s3://{BUCKET}/runs/churn/{RUN}/train.manifest",
        "validation_manifest_uri": f"s3://{BUCKET}/runs/churn/{RUN}/validation.manifest",
        "baseline_uri": f"s3://{BUCKET}/reports/churn/{RUN}/baseline.json",
        "holdout_rows": 30,
        "training_rows": 100,
    }
    assert world.report()["passed"]
    assert world.report()["findings"] == []


def test_the_sagemaker_manifests_name_every_file_of_their_split_below_one_prefix(world: World) -> None:
    world.validate()
    listed = []
    for split in ("train", "validation"):
        prefix, *names = json.loads(world.s3.text(BUCKET, f"runs/churn/{RUN}/{split}.manifest"))
        assert prefix == {"prefix": f"s3://{BUCKET}/clean/churn/"}
        assert all(f"/split={split}/" in name for name in names)
        listed += [f"clean/churn/{name}" for name in names]
    assert sorted(listed) == [key for key in world.s3.keys(BUCKET) if key.startswith("clean/")]


def test_files_of_sources_outside_the_manifest_are_not_trained_on(world: World) -> None:
    world.put_parquet("clean/churn/source=feed/split=train/part-0.parquet", [{"row_id": "x"}])
    assert world.validate()["training_rows"] == 100
    assert "feed" not in world.s3.text(BUCKET, f"runs/churn/{RUN}/train.manifest")


def test_the_ledger_is_written_last_and_the_same_state_again_changes_nothing(world: World) -> None:
    world.dynamodb.unprocessed_once = True
    world.validate()
    items = dict(world.dynamodb.items)
    assert len(items) == 3
    rows = {item["key"]["S"]: (item["rows"]["N"], item["run"]["S"]) for item in items.values()}
    assert rows["raw/churn/a.csv"] == ("60", RUN)
    world.validate()
    assert world.dynamodb.items == items


def test_a_failing_output_leaves_no_ledger(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    put = world.s3.put_object

    def full(**arguments: Any) -> dict[str, Any]:
        if arguments["Key"].endswith("baseline.json"):
            raise OSError("no")
        return put(**arguments)

    monkeypatch.setattr(world.s3, "put_object", full)
    with pytest.raises(OSError, match="no"):
        world.validate()
    assert world.ledger() == []


# --- arithmetic ---


def test_quarantined_and_blank_lines_and_missing_line_ends_add_up(world: World) -> None:
    text = f"\ufeff{HEADER}\r\n30,1,basic,no\r\n\r\nold,1,basic,no\r\n  \r\n31,1,basic,yes"
    world.contract_changes["data"] = {"minimum_training_rows": 1, "maximum_quarantined_fraction": 0.5}
    world.add("raw/churn/odd.csv", text)
    world.validate()
    odd = next(entry for entry in world.report()["objects"] if entry["key"] == "raw/churn/odd.csv")
    assert odd == {"key": "raw/churn/odd.csv", "lines": 6, "blank": 2, "clean": 2, "quarantined": 1}


def _lose_a_part(world: World) -> None:
    key = next(key for key in world.s3.keys(BUCKET) if "split=train" in key)
    world.s3.delete(BUCKET, key)


def _lose_a_quarantine_line(world: World) -> None:
    entry = world.add("raw/churn/bad.csv", csv(50) + "x,1,basic,no\n")
    world.s3.put(BUCKET, f"quarantine/churn/{RUN}/{entry.source}-00000.jsonl", "")


def _duplicate_a_part(world: World) -> None:
    key = next(key for key in world.s3.keys(BUCKET) if "split=train" in key)
    rows = pl.read_parquet(world.root / key).to_dicts()
    world.put_parquet(key.replace("part-0", "part-1"), rows)


@pytest.mark.parametrize("damage", [_lose_a_part, _lose_a_quarantine_line, _duplicate_a_part])
def test_lines_that_got_lost_or_doubled_are_found_though_the_etl_report_is_content(
    world: World, damage: Callable[[World], None]
) -> None:
    damage(world)
    assert "lines of data came in, but" in refused(world)


def test_an_etl_report_that_counts_otherwise_than_s3_is_refused(world: World) -> None:
    world.reported[0]["clean"] += 1
    assert "raw/churn/a.csv: the ETL report says 61 clean, S3 holds 60" in refused(world)


def test_an_object_that_the_etl_report_forgets_is_refused(world: World) -> None:
    del world.reported[1]
    assert "raw/churn/b c+ä.csv: the ETL report does not mention this object" in refused(world)


@pytest.mark.parametrize(
    "record",
    [
        b"?",
        b"{}",
        b"[]",
        json.dumps({"key": "k", "version_id": "v", "line": 1, "reason": "r", "original_base64": "?"}).encode(),
    ],
)
def test_a_quarantined_line_that_cannot_be_traced_back_is_refused(world: World, record: bytes) -> None:
    world.s3.put(BUCKET, f"quarantine/churn/{RUN}/x.jsonl", record)
    assert "a quarantined line cannot be traced back" in refused(world)


def test_rows_of_earlier_runs_that_disappeared_are_found(world: World) -> None:
    entry = world.add("raw/churn/old.csv", csv(10, spent=9000.0), new=False)
    world.accept(entry, rows=11)
    assert "run 260228100000 accepted 11 rows of this object, and 10 are left" in refused(world)


def test_rows_of_earlier_runs_are_trained_on_too(world: World) -> None:
    world.accept(world.add("raw/churn/old.csv", csv(10, spent=9000.0), new=False), rows=10)
    assert world.validate()["training_rows"] == 110


@pytest.mark.parametrize(("action", "what"), [("put", "overwritten"), ("delete", "deleted")])
def test_an_object_changed_during_the_run_is_refused(world: World, action: str, what: str) -> None:
    arguments = (BUCKET, "raw/churn/a.csv", csv(60)) if action == "put" else (BUCKET, "raw/churn/a.csv")
    getattr(world.s3, action)(*arguments)
    assert f"raw/churn/a.csv: was {what} while the run read it" in refused(world)


def test_evaluation_files_that_do_not_hold_the_hold_out_are_refused(world: World) -> None:
    world.s3.put(BUCKET, f"evaluation/churn/{RUN}/labels/part-00000.jsonl", "{}\n" * 29)
    assert "30 lines of features and 29 of labels" in refused(world)


def test_too_many_quarantined_lines_are_refused_and_the_worst_file_named(world: World) -> None:
    world.add("raw/churn/bad.csv", f"{HEADER}\n" + "x,1,basic,no\n" * 30)
    message = refused(world)
    assert "30 of 160 new lines (18.8%) are quarantined, at most 10.0% may be" in message
    assert "raw/churn/bad.csv: 30 lines, column 'age' in 30, such as line 2: 'x' is not an integer" in message


def test_the_cause_named_is_the_most_frequent_one_and_lines_without_a_column_have_one_too(world: World) -> None:
    world.add("raw/churn/bad.csv", f"{HEADER}\n40,-1,basic,no\n" + "short\n" * 30)
    assert "bad.csv: 31 lines, the whole line in 30, such as line 3: 1 cells where the contract has 4" in refused(world)


def test_without_exactly_one_etl_report_the_run_is_refused(world: World) -> None:
    world.s3.put(BUCKET, f"reports/churn/{RUN}/etl/part-00007.txt", "{}")
    with pytest.raises(DataRefused, match="there are 2 ETL reports"):
        world.validate()


# --- the rows themselves ---


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"age": 16}, "column 'age': 1 values below 17 in the train rows"),
        ({"age": 121}, "column 'age': 1 values above 120 in the train rows"),
        ({"age": None}, "column 'age': 1 missing values in the train rows"),
        ({"spent": float("nan")}, "column 'spent': 1 values that are not finite"),
        ({"spent": float("-inf")}, "column 'spent': 1 values that are not finite"),
        ({"plan": "silver"}, "column 'plan': 1 values that are not allowed"),
        ({"left": None}, "column 'left': 1 missing values"),
    ],
)
def test_a_clean_row_that_breaks_the_contract_is_found(world: World, change: dict[str, Any], expected: str) -> None:
    key = next(key for key in world.s3.keys(BUCKET) if "split=train" in key)
    rows = pl.read_parquet(world.root / key).to_dicts()
    world.put_parquet(key, [rows[0] | change, *rows[1:]])
    assert expected in refused(world)


@pytest.mark.parametrize(
    "schema",
    [
        {"row_id": pl.String, "age": pl.String, "spent": pl.Float64, "plan": pl.String, "left": pl.String},
        {"row_id": pl.String, "age": pl.Int64, "spent": pl.Float64, "plan": pl.String},
        {
            "row_id": pl.String,
            "age": pl.Int64,
            "spent": pl.Float64,
            "plan": pl.String,
            "left": pl.String,
            "x": pl.Int64,
        },
    ],
    ids=["retyped", "missing", "additional"],
)
def test_clean_files_with_other_columns_or_types_are_refused(world: World, schema: dict[str, Any]) -> None:
    key = [key for key in world.s3.keys(BUCKET) if "split=train" in key][-1]
    rows = pl.read_parquet(world.root / key).to_dicts()
    kept = [{name: None if name == "age" else row.get(name) for name in schema} for row in rows]
    world.put_parquet(key, kept, schema)
    assert "other columns or types than the contract" in refused(world)


def test_too_few_training_rows_are_refused(world: World) -> None:
    world.contract_changes["data"] = {"minimum_training_rows": 101}
    assert "there are 100 training rows, minimum_training_rows is 101" in refused(world)


def test_a_missing_hold_out_is_refused_with_the_way_out(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.add("raw/churn/a.csv", csv(60))
    assert "there are no hold-out rows; upload files under holdout/" in refused(world)


def test_rows_of_one_class_only_are_refused_in_every_split_and_the_new_files_are_named(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.add("raw/churn/a.csv", csv(60).replace(",yes", ",no"))
    world.add("holdout/churn/test.csv", csv(30, spent=5000.0).replace(",no", ",yes"), role="holdout")
    message = refused(world)
    assert "New files: raw/churn/a.csv, holdout/churn/test.csv." in message
    assert "column 'left': all 30 holdout rows hold only class 'yes'" in message
    for split in ("train", "validation"):
        rows = world.report()["rows"][split]
        assert f"column 'left': all {rows} {split} rows hold only class 'no'" in message


def test_a_number_that_never_changes_cannot_be_predicted(tmp_path: Path) -> None:
    world = World(tmp_path, contract_changes={"problem": "regression", "target": "spent", "positive": None})
    world.add("raw/churn/a.csv", "\n".join([HEADER, *(f"{20 + row},7,basic,no" for row in range(60))]) + "\n")
    world.add("holdout/churn/test.csv", csv(30, spent=5000.0), role="holdout")
    message = refused(world)
    assert "column 'spent': all" in message
    assert "train rows hold only one value of the target" in message
    assert "all 30 holdout rows" not in message


def test_repeated_rows_below_the_limit_are_counted(world: World) -> None:
    world.add("raw/churn/again.csv", csv(20))
    world.validate()
    assert world.report()["distinct_training_rows"] == 100


def test_repeated_rows_are_refused_beyond_the_limit(world: World) -> None:
    world.add("raw/churn/again.csv", csv(60))
    assert "60 of 160 training rows (37.5%) repeat another one" in refused(world)


def test_a_column_that_numbers_the_rows_hides_no_repeated_row_once_it_is_ignored(world: World) -> None:
    columns = [column | {"ignored": column["name"] == "spent"} for column in contract_value()["columns"]]
    world.contract_changes["columns"] = columns
    assert "training rows" in refused(world)
    assert world.report()["distinct_training_rows"] < 100


def test_hold_out_rows_that_were_trained_on_are_refused_beyond_the_limit(world: World) -> None:
    world.add("holdout/churn/leak.csv", csv(10), role="holdout")
    assert "10 of 40 hold-out rows (25.0%) also stand in the training data" in refused(world)


def test_the_same_person_with_another_outcome_is_no_leak(world: World) -> None:
    other = csv(10).replace(",yes\n", ",YES\n").replace(",no\n", ",yes\n").replace(",YES\n", ",no\n")
    world.add("holdout/churn/other.csv", other, role="holdout")
    world.validate()
    assert world.report()["leaked_holdout_rows"] == 0


def test_every_finding_is_in_the_message_not_only_the_first(world: World) -> None:
    world.contract_changes["data"] = {"minimum_training_rows": 5000, "maximum_leaked_fraction": 0.0}
    world.add("holdout/churn/leak.csv", csv(10), role="holdout")
    message = refused(world)
    assert "minimum_training_rows" in message
    assert "maximum_leaked_fraction" in message
    assert "upload them again" in message
    assert message.endswith("mlops train churn")


# --- drift ---


def champion(world: World, tmp_path: Path) -> None:
    """An accepted model trained on the same population, 1,200 rows of it."""
    before = World(tmp_path / "before")
    before.add("raw/churn/a.csv", csv(1200))
    before.add("holdout/churn/test.csv", csv(30, spent=5000.0), role="holdout")
    before.validate()
    world.s3.put(BUCKET, "reports/churn/before/baseline.json", json.dumps(before.baseline()))
    uri = f"s3://{BUCKET}/reports/churn/before/baseline.json"
    world.dynamodb.items["churn", "champion"] = {"baseline_uri": {"S": uri}, "version": {"N": "3"}}


def drifted(tmp_path: Path, text: str) -> World:
    world = World(tmp_path)
    champion(world, tmp_path)
    world.add("raw/churn/new.csv", text)
    world.add("holdout/churn/test.csv", csv(30, spent=5000.0), role="holdout")
    return world


def test_new_rows_of_the_same_population_show_no_drift(tmp_path: Path) -> None:
    world = drifted(tmp_path, csv(1200))
    world.validate()
    assert world.report()["drift"]["measured"]
    assert max(world.report()["drift"]["indices"].values()) < 0.1


def test_new_rows_of_another_population_are_a_warning_that_names_the_column(tmp_path: Path) -> None:
    world = drifted(tmp_path, csv(1000, spent=50_000.0))
    world.validate()
    findings = world.report()["findings"]
    assert [(entry["check"], entry["severity"], entry["column"]) for entry in findings] == [("drift", "warn", "spent")]


def test_only_the_new_rows_are_compared_with_the_champion(tmp_path: Path) -> None:
    world = drifted(tmp_path, csv(1200))
    world.accept(world.add("raw/churn/old.csv", csv(1000, spent=50_000.0), new=False), rows=1000)
    world.validate()
    assert world.report()["drift"]["new_rows"] == 1200
    assert world.report()["findings"] == []


def test_where_the_setting_says_so_drift_stops_the_run(tmp_path: Path) -> None:
    world = drifted(tmp_path, csv(1000).replace(",gold,", ",basic,").replace(",plus,", ",,"))
    world.drift_severity = "refuse"
    assert "column 'plan': the new rows differ from the champion's training data" in refused(world)


def test_a_few_new_rows_are_too_few_to_speak_of_drift(tmp_path: Path) -> None:
    world = drifted(tmp_path, csv(100, spent=50_000.0))
    world.validate()
    assert world.report()["drift"] == {"new_rows": len(csv(100).splitlines()) - 1, "measured": False}


def test_a_baseline_of_an_older_contract_is_compared_where_it_can_be(tmp_path: Path) -> None:
    world = drifted(tmp_path, csv(1000))
    key = "reports/churn/before/baseline.json"
    old = json.loads(world.s3.text(BUCKET, key))
    old["columns"]["gone"] = old["columns"].pop("spent")
    old["columns"]["age"] = old["columns"]["plan"]
    world.s3.put(BUCKET, key, json.dumps(old))
    world.validate()
    assert set(world.report()["drift"]["indices"]) == {"plan", "left"}


def test_files_without_a_header_are_counted_from_their_first_line(tmp_path: Path) -> None:
    world = World(tmp_path, contract_changes={"format": {"header": False}})
    for key, role, text in (
        ("raw/churn/a.csv", "training", csv(120)),
        ("holdout/churn/test.csv", "holdout", csv(30, spent=5000.0)),
    ):
        world.add(key, text.removeprefix(f"{HEADER}\n"), role=role)
    world.validate()
    assert world.report()["findings"] == []
