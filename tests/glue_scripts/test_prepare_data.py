"""The ETL job on a real Spark: nothing is lost, nothing is changed, everything says where it came from."""

import io
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from py4j.protocol import Py4JNetworkError

from contract.files import check_key
from contract.lines import BYTE_ORDER_MARK
from contract.manifest import Manifest
from contract.model import Contract, Evaluation
from glue_scripts import prepare_data
from glue_scripts.prepare_data import PreparationError, SparkLost
from tests.contract.examples import CHURN, HEADER, churn, churn_format, official
from tests.glue_scripts.runs import CREATED_AT, RUN, Bucket

pytestmark = pytest.mark.slow

ROW = b"42,1.5,plus,Bern,yes"
BROKEN = {
    3: (b"17", None),
    5: (b'42,1.5,plus,"New', "city"),
    6: (b'York",yes', "age"),
    9: (b"42,\xff,plus,Bern,yes", "spent"),
    12: (b"age,spent,plan,city,left", None),
    15: (b"42,nan,plus,Bern,yes", "spent"),
    16: (b"42,1.5,gold,Bern,yes", "plan"),
    17: (b",1.5,plus,Bern,yes", "age"),
    18: (b"42,1.5,plus,Bern,?", "left"),
    19: (b"42,1.5,plus,Bern,yes,", None),
    21: (b"\x00\x01", "age"),
}


@pytest.fixture
def bucket(tmp_path: Path) -> Bucket:
    return Bucket(tmp_path, CHURN)


def good_rows(count: int, start: int = 0) -> list[bytes]:
    return [
        b"%d,%d.25,plus,Town %d,%s" % (17 + i % 90, i, i, (b"yes", b"no")[i % 2]) for i in range(start, start + count)
    ]


def broken_file(line_end: bytes = b"\n") -> bytes:
    lines = [HEADER.rstrip(), *good_rows(29)]
    for number, (content, _) in BROKEN.items():
        lines[number - 1] = content
    lines[7] = b""
    return line_end.join(lines) + line_end


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["line feeds", "carriage returns"])
def test_every_line_is_clean_quarantined_blank_or_header(spark: Any, bucket: Bucket, line_end: bytes) -> None:
    arrival = bucket.upload("january.csv", broken_file(line_end))

    report = bucket.prepare(spark)

    [counted] = report["objects"]
    assert (counted["lines"], counted["header"], counted["blank"]) == (30, 1, 1)
    assert counted["quarantined"] == len(bucket.quarantined()) == len(BROKEN)
    kept = bucket.rows("clean") + bucket.rows("heldout")
    assert counted["clean"] == len(kept) == 30 - 2 - len(BROKEN)
    assert {row["row_id"].split("-")[0] for row in kept} == {arrival.source[:12]}


@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"], ids=["line feeds", "carriage returns"])
def test_the_quarantine_holds_line_column_reason_and_the_original_bytes_without_the_line_end(
    spark: Any, bucket: Bucket, line_end: bytes
) -> None:
    bucket.upload("january.csv", broken_file(line_end))

    bucket.prepare(spark)

    expected = [(number, column, content) for number, (content, column) in BROKEN.items()]
    assert bucket.quarantined() == expected
    records = bucket.json_lines("quarantine")
    assert {record["key"] for record in records} == {"raw/churn/january.csv"}
    assert {record["version_id"] for record in records} == {"version-1"}
    assert all(record["reason"] for record in records)


def test_line_numbers_are_exact_in_a_file_of_many_partitions(spark: Any, bucket: Bucket) -> None:
    lines = [HEADER.rstrip(), *good_rows(3000)]
    for number in range(100, 3000, 137):
        lines[number - 1] = b"line %d" % number
    arrival = bucket.upload("long.csv", b"\n".join(lines))
    partitions = prepare_data.read_lines(spark, f"{bucket.folders.raw_uri}long.csv").rdd.getNumPartitions()

    bucket.prepare(spark)

    assert partitions > 5
    assert [content for _, _, content in bucket.quarantined()] == [b"line %d" % n for n, _, _ in bucket.quarantined()]
    for row in bucket.rows("clean") + bucket.rows("heldout"):
        assert row["spent"] == int(row["row_id"].removeprefix(f"{arrival.source[:12]}-")) - 2 + 0.25


@pytest.mark.parametrize(
    "name",
    [
        "a b.csv",
        "a+b.csv",
        "Zürich/東京.csv",
        "day=1/x=2.csv",
        "100%.csv",
        "a%20b.csv",
        "x[1]{2}*?.csv",
        "a,b;c#d&e.csv",
        "_b/a.csv",
        "none",
    ],
)
def test_any_key_is_read_as_it_is(spark: Any, bucket: Bucket, name: str) -> None:
    bucket.upload(name, HEADER + ROW + b"\nbad\n")

    report = bucket.prepare(spark)

    assert check_key(f"raw/churn/{name}") is None
    assert (report["clean"], report["quarantined"]) == (1, 1)
    assert bucket.json_lines("quarantine")[0]["key"] == f"raw/churn/{name}"


def test_a_key_with_wildcards_does_not_read_its_neighbours(spark: Any, bucket: Bucket) -> None:
    bucket.upload("x1.csv", HEADER + ROW)
    bucket.arrivals.clear()
    bucket.upload("x*.csv", HEADER + ROW)

    assert bucket.prepare(spark)["clean"] == 1


def test_byte_order_mark_and_missing_last_line_feed_change_nothing(spark: Any, bucket: Bucket) -> None:
    bucket.upload("marked.csv", BYTE_ORDER_MARK + HEADER + ROW)

    report = bucket.prepare(spark)

    assert (report["header"], report["clean"], report["quarantined"]) == (1, 1, 0)


def test_the_first_line_of_a_file_without_header_is_judged_like_any_other(spark: Any, tmp_path: Path) -> None:
    bucket = Bucket(tmp_path, churn_format(header=False))
    bucket.upload("january.csv", b"|junk\n" + ROW + b"\n\n")

    report = bucket.prepare(spark)

    assert (report["clean"], report["blank"], report["header"]) == (1, 1, 0)
    assert bucket.quarantined() == [(1, None, b"|junk")]


def test_types_are_those_of_the_contract_and_missing_values_are_null(spark: Any, tmp_path: Path) -> None:
    bucket = Bucket(tmp_path, official())
    bucket.upload("test.csv", HEADER + b"42,?,,?,yes.\n1e2,7, plus ,Bern,no", role="holdout")

    bucket.prepare(spark)

    rows = [{name: row[name] for name in CHURN.names} for row in bucket.rows("heldout")]
    assert rows == [
        {"age": 42, "spent": None, "plan": None, "city": None, "left": "yes"},
        {"age": 100, "spent": 7.0, "plan": "plus", "city": "Bern", "left": "no"},
    ]
    assert [type(row["age"]) for row in rows] == [int, int]


def test_clean_rows_lie_in_the_folder_of_their_split(spark: Any, bucket: Bucket) -> None:
    bucket.upload("many.csv", HEADER + b"\n".join(good_rows(300)))

    report = bucket.prepare(spark)

    for split in ("train", "validation"):
        assert len(bucket.rows("clean", split=split)) == report[split] > 20
    assert len(bucket.rows("heldout")) == report["holdout"] > 20
    assert sum(report[split] for split in ("train", "validation", "holdout")) == 300


def test_the_evaluation_holds_features_without_label_and_labels_with_slices(spark: Any, tmp_path: Path) -> None:
    bucket = Bucket(tmp_path, official(churn(evaluation=Evaluation(slices=("plan", "age")))))
    bucket.upload("train.csv", HEADER + b"\n".join(good_rows(50)))
    arrival = bucket.upload("test.csv", HEADER + b'42,?,,"say ""x""\\",yes\n43,1,max,Bern,no', role="holdout")

    bucket.prepare(spark)

    first, second = (f"{arrival.source[:12]}-{line}" for line in (2, 3))
    assert bucket.json_lines("evaluation", "features") == [
        {"row_id": first, "age": 42, "spent": None, "plan": None, "city": 'say "x"\\'},
        {"row_id": second, "age": 43, "spent": 1.0, "plan": "max", "city": "Bern"},
    ]
    assert bucket.json_lines("evaluation", "labels") == [
        {"row_id": first, "label": "yes", "slices": {"plan": None, "age": 42}},
        {"row_id": second, "label": "no", "slices": {"plan": "max", "age": 43}},
    ]


def test_without_new_objects_the_evaluation_still_covers_the_window(spark: Any, bucket: Bucket) -> None:
    for name in ("january.csv", "february.csv"):
        bucket.upload(name, HEADER + b"\n".join(good_rows(60, start=len(name) * 100)))
    before = bucket.prepare(spark)["evaluation_rows"]
    expected = bucket.json_lines("evaluation", "features")
    bucket.arrivals = {key: replace(entry, new=False) for key, entry in bucket.arrivals.items()}

    report = bucket.prepare(spark)

    assert (report["objects"], report["evaluation_rows"]) == ([], before)
    assert bucket.json_lines("evaluation", "features") == expected
    assert {row["row_id"].split("-")[0] for row in expected} == {e.source[:12] for e in bucket.arrivals.values()}


def test_a_source_without_a_row_for_the_holdout_is_no_failure(spark: Any, bucket: Bucket) -> None:
    [train_row] = [row for row in good_rows(40) if read_kind(CHURN, row) == "train"][:1]
    bucket.upload("one.csv", HEADER + train_row)

    report = bucket.prepare(spark)

    assert (report["train"], report["evaluation_rows"]) == (1, 0)
    assert bucket.json_lines("evaluation", "features") == []
    assert bucket.rows("heldout") == []


def read_kind(contract: Contract, line: bytes) -> str:
    from contract.intake import read_line

    return read_line(contract, line, 2, "training").kind


def test_the_same_run_again_leaves_the_same_data(spark: Any, bucket: Bucket) -> None:
    bucket.upload("january.csv", broken_file())
    bucket.upload("february.csv", HEADER + b"\n".join(good_rows(200, start=500)))
    first_report = bucket.prepare(spark)
    areas = ("clean", "heldout")
    first = [bucket.rows(area) for area in areas], bucket.json_lines("evaluation", "features"), bucket.quarantined()
    count = len(bucket.written())

    assert bucket.prepare(spark) == first_report
    assert (
        [bucket.rows(area) for area in areas],
        bucket.json_lines("evaluation", "features"),
        bucket.quarantined(),
    ) == first
    assert len(bucket.written()) == count


def test_a_changed_contract_leaves_nothing_of_the_rows_before(spark: Any, bucket: Bucket) -> None:
    bucket.upload("january.csv", HEADER + b"\n".join(good_rows(100)))
    bucket.prepare(spark)
    bucket.contract = churn(columns=(CHURN.columns[0].__class__("age", "integer", minimum=200), *CHURN.columns[1:]))

    report = bucket.prepare(spark)

    assert report["quarantined"] == len(bucket.quarantined()) == 100
    assert bucket.rows("clean") == bucket.rows("heldout") == []


@pytest.mark.parametrize("content", [b"", HEADER, HEADER + b" \n\n"], ids=["no byte", "a header", "blank lines"])
def test_a_file_without_rows_is_read_like_any_other_and_leaves_nothing(
    spark: Any, bucket: Bucket, content: bytes
) -> None:
    bucket.upload("nothing.csv", content)
    bucket.upload("january.csv", HEADER + b"\n".join(good_rows(5)))

    [full, empty] = sorted(bucket.prepare(spark)["objects"], key=lambda entry: entry["key"])

    assert (full["clean"], empty["lines"], empty["clean"]) == (5, content.count(b"\n"), 0)
    assert len(bucket.rows("clean") + bucket.rows("heldout")) == 5


def test_nothing_but_data_is_left_in_the_folders(spark: Any, bucket: Bucket) -> None:
    bucket.upload("january.csv", broken_file())

    bucket.prepare(spark)

    assert {path.suffix for path in bucket.written()} == {".parquet", ".jsonl", ".txt"}
    assert all(path.stat().st_size for path in bucket.written())
    assert not [path for path in bucket.root.rglob("_*") if not path.name.endswith(".crc")]


def test_the_report_is_one_json_object(spark: Any, bucket: Bucket) -> None:
    bucket.upload("january.csv", HEADER + ROW)

    report = bucket.prepare(spark)

    [part] = (bucket.root / "reports" / "churn" / RUN / "etl").glob("part-*.txt")
    assert json.loads(part.read_text()) == report


@pytest.mark.parametrize(
    ("content", "size_change", "reason"),
    [
        (HEADER + ROW, 40, "replaced after the run began"),
        (HEADER + ROW, -40, "replaced after the run began"),
        (ROW + b"\n" + ROW, 0, "line 1 is not the header"),
    ],
)
def test_an_object_that_is_not_what_was_promised_stops_the_job(
    spark: Any, bucket: Bucket, content: bytes, size_change: int, reason: str
) -> None:
    arrival = bucket.upload("january.csv", content)
    changed = replace(arrival, size=arrival.size + size_change)
    bucket.arrivals[arrival.key] = changed

    with pytest.raises(PreparationError, match=reason) as caught:
        bucket.prepare(spark)

    assert "raw/churn/january.csv" in str(caught.value)


@pytest.mark.parametrize("name", ["_hidden.csv", ".hidden.csv", "a.csv._COPYING_"])
def test_a_file_that_spark_would_pass_over_stops_the_job_if_the_gate_lets_it_in(
    spark: Any, bucket: Bucket, name: str
) -> None:
    bucket.upload(name, HEADER + ROW)

    assert check_key(f"raw/churn/{name}")

    with pytest.raises(PreparationError, match="rename it"):
        bucket.prepare(spark)


def test_lines_that_get_lost_stop_the_job(spark: Any, bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket.upload("january.csv", HEADER + b"\n".join(good_rows(10)))
    honest = prepare_data.apply_contract
    monkeypatch.setattr(prepare_data, "apply_contract", lambda *arguments: honest(*arguments).where("line <> 4"))

    with pytest.raises(PreparationError, match="11 lines were read, 10 have an outcome"):
        bucket.prepare(spark)


def test_another_models_manifest_is_refused(spark: Any, bucket: Bucket) -> None:
    with pytest.raises(PreparationError, match="'rent'"):
        prepare_data.prepare(spark, CHURN, Manifest("rent", RUN, CREATED_AT, ()), bucket.folders)


def test_a_key_outside_of_the_models_folder_is_refused(bucket: Bucket) -> None:
    arrival = bucket.upload("january.csv", ROW)
    moved = replace(arrival, key="raw/rent/january.csv")
    for changed in (moved, replace(arrival, role="holdout"), replace(arrival, role="other")):
        with pytest.raises(PreparationError):
            prepare_data.arrival_uri(changed, "churn", bucket.folders)


@pytest.fixture
def arguments(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The arguments of the job, with contract and manifest in S3, from where they may be read and not be listed."""
    bucket.upload("january.csv", HEADER + ROW)
    stored = {
        ("code", "a/contract.json"): CHURN.to_json().encode(),
        ("data", "runs/x.json"): json.dumps(bucket.manifest.to_json(), indent=1).encode(),
    }

    def get_object(**asked: str) -> dict[str, Any]:
        return {"Body": io.BytesIO(stored[asked["Bucket"], asked["Key"]])}

    monkeypatch.setattr(prepare_data.boto3, "client", lambda service: SimpleNamespace(get_object=get_object))
    files = ["--contract_uri=s3://code/a/contract.json", "--manifest_uri=s3://data/runs/x.json"]
    return [*(f"--{name}={value}" for name, value in bucket.folders.__dict__.items()), *files]


def test_main_reads_contract_and_manifest_and_leaves_glues_own_arguments_alone(
    spark: Any, bucket: Bucket, arguments: list[str]
) -> None:
    prepare_data.main([*arguments, "--job-language", "python", "--TempDir", "s3://x/", "--raw", "no"])

    assert bucket.rows("clean") + bucket.rows("heldout")


@pytest.mark.parametrize("lost", [ConnectionRefusedError(111, "refused"), Py4JNetworkError("Answer is empty")])
def test_a_java_process_that_is_gone_is_told_as_that_and_not_as_a_fault_of_the_data(
    spark: Any, arguments: list[str], monkeypatch: pytest.MonkeyPatch, lost: Exception
) -> None:
    def killed(*_: Any) -> None:
        raise lost

    monkeypatch.setattr(prepare_data, "prepare", killed)

    with pytest.raises(SparkLost, match="nothing is wrong with the data"):
        prepare_data.main(arguments)
