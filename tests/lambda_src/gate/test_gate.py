import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.files import HEAD_BYTES
from contract.manifest import Manifest, ManifestObject
from contract.text import WARNING_CHARACTERS
from lambda_src.gate.handler import check
from lambda_src.gate.problems import MAXIMUM_MESSAGE_LENGTH, GateRefused, Problem, refusal
from tests.lambda_src.examples import BUCKET, CONTRACT_URI, contract_value
from tests.lambda_src.fakes import FakeS3, client_error

RUN = "260301100000"
MANIFEST_URI = f"s3://{BUCKET}/runs/churn/{RUN}/manifest.json"
EVENT = {"model": "churn", "run": RUN, "manifest_uri": MANIFEST_URI, "contract_uri": CONTRACT_URI}
GOOD = "age,spent,plan,left\n30,1.5,basic,no\n40,?,gold,yes\n"


def store(files: dict[str, str | bytes], old: tuple[str, ...] = ()) -> FakeS3:
    s3 = FakeS3()
    s3.put("asset-bucket", "churn.json", json.dumps(contract_value()))
    objects = []
    for key, body in files.items():
        version = s3.put(BUCKET, key, body)
        size = len(version.body or b"")
        objects.append(ManifestObject(key, version.version_id, "e", size, "0" * 32, "training", key not in old))
    manifest = Manifest("churn", RUN, "2026-03-01T10:00:00+00:00", tuple(objects))
    s3.put(BUCKET, f"runs/churn/{RUN}/manifest.json", json.dumps(manifest.to_json()))
    return s3


def run(s3: FakeS3) -> dict[str, Any]:
    return check(EVENT, s3=s3, bucket=BUCKET)


def report(s3: FakeS3) -> dict[str, Any]:
    return json.loads(s3.text(BUCKET, f"reports/churn/{RUN}/gate.json"))


def test_what_a_file_is_called_or_says_never_begins_a_line_of_the_message() -> None:
    problem = Problem("raw/churn/a\u202e.csv", "v1", "na\nme", "the value is 'x\r\nWay out: pay'")

    assert len(refusal("churn", [problem]).splitlines()) == 1


def test_good_files_pass_and_the_report_says_so() -> None:
    s3 = store({"raw/churn/a.csv": GOOD, "raw/churn/b.csv": GOOD})
    assert run(s3) == {"checked": 2, "report_uri": f"s3://{BUCKET}/reports/churn/{RUN}/gate.json", "warnings": []}
    assert report(s3) == {
        "model": "churn",
        "run": RUN,
        "checked": 2,
        "passed": True,
        "problems": [],
        "passed_over": [],
    }


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("", "raw/churn/a.csv: the file is empty"),
        (b"\x1f\x8b\x08rest", "raw/churn/a.csv: the file is compressed with gzip"),
        ("age,plan,left\n30,basic,no\n", "raw/churn/a.csv, column 'spent': the header lacks this column"),
        ("spent,age,plan,left\n1,30,basic,no\n", "another order"),
        ("age,spent,plan,left\nold,1,basic,no\nold,1,basic,no\n", "raw/churn/a.csv, column 'age': 2 of the first 2"),
        ("30,1.5,basic,no\n40,?,gold,yes\n", "raw/churn/a.csv: line 1 is not the header"),
    ],
)
def test_a_refusal_names_file_column_and_reason(body: str | bytes, expected: str) -> None:
    s3 = store({"raw/churn/a.csv": body})
    with pytest.raises(GateRefused, match="every later run is refused") as refused:
        run(s3)
    assert expected in str(refused.value)
    assert str(refused.value).startswith("1 problem(s)")
    assert not report(s3)["passed"]


def test_the_report_names_the_version_the_column_and_the_reason_of_each_problem() -> None:
    s3 = store({"raw/churn/a.csv": "age,plan,left\n30,basic,no\n", "raw/churn/b.csv": ""})
    with pytest.raises(GateRefused):
        run(s3)
    told = report(s3)
    bad, empty = (s3.objects[BUCKET, f"raw/churn/{name}.csv"][0].version_id for name in "ab")
    problem = {"key": "raw/churn/a.csv", "version_id": bad, "column": "spent"}
    passed_over = {"key": "raw/churn/b.csv", "version_id": empty, "column": None}
    assert told["problems"] == [{**problem, "reason": "the header lacks this column"}]
    assert told["passed_over"] == [{**passed_over, "reason": "the file is empty"}]


@pytest.mark.parametrize(
    "name",
    [
        "_a.csv",
        ".a.csv",
        "b/_a.csv",
        "a.csv._COPYING_",
        "b//a.csv",
        "./a.csv",
        "b/../a.csv",
        "10:30.csv",
        "10:30/a.csv",
    ],
)
def test_a_name_that_spark_would_not_read_is_refused_whatever_the_file_holds(name: str) -> None:
    s3 = store({f"raw/churn/{name}": GOOD})
    with pytest.raises(GateRefused, match="Spark passes over|between two slashes|with a colon"):
        run(s3)


@pytest.mark.parametrize("name", ["a b+c.csv", "a_.csv", "a.b.csv", "_b/a.csv", "b=1/.../a.csv", "none"])
def test_other_names_are_let_in(name: str) -> None:
    assert run(store({f"raw/churn/{name}": GOOD}))["checked"] == 1


def test_only_new_objects_are_read_and_of_them_only_the_first_64_kib_of_the_pinned_version() -> None:
    long = GOOD + "30,1.5,basic,no\n" * 10_000
    s3 = store({"raw/churn/new.csv": long, "raw/churn/old.csv": "broken"}, old=("raw/churn/old.csv",))
    pinned = s3.objects[BUCKET, "raw/churn/new.csv"][0].version_id
    s3.put(BUCKET, "raw/churn/new.csv", "overwritten while the run began")
    assert run(s3)["checked"] == 1
    reads = [read for read in s3.reads if read[0].startswith("raw/")]
    assert reads == [("raw/churn/new.csv", pinned, f"bytes=0-{HEAD_BYTES - 1}")]


def test_every_bad_file_is_named_not_only_the_first() -> None:
    s3 = store({f"raw/churn/{number}.csv": "PAR1" for number in range(5)} | {"raw/churn/good.csv": GOOD})
    with pytest.raises(GateRefused) as refused:
        run(s3)
    assert all(f"raw/churn/{number}.csv" in str(refused.value) for number in range(5))
    assert "good.csv" not in str(refused.value)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "the file is empty"),
        ("age,spent,plan,left\n", "the file has no rows"),
        ("age,spent,plan,left\n \n\n", "no rows"),
    ],
    ids=["no byte", "a header alone", "a header and blank lines"],
)
def test_a_file_without_rows_does_not_stop_the_good_ones(body: str, reason: str) -> None:
    s3 = store({"raw/churn/a.csv": body, "raw/churn/b.csv": GOOD})
    [warning] = run(s3)["warnings"]
    assert warning.startswith("raw/churn/a.csv: ")
    assert reason in warning
    assert warning.endswith("and is passed over")
    told = report(s3)
    assert (told["passed"], told["problems"], [entry["key"] for entry in told["passed_over"]]) == (
        True,
        [],
        ["raw/churn/a.csv"],
    )


def test_a_file_without_rows_does_not_stop_a_run_on_what_was_there_before() -> None:
    s3 = store({"raw/churn/a.csv": "", "raw/churn/old.csv": GOOD}, old=("raw/churn/old.csv",))
    assert run(s3)["checked"] == 1


def test_files_without_rows_alone_are_refused() -> None:
    with pytest.raises(GateRefused, match="2 problem"):
        run(store({"raw/churn/a.csv": "", "raw/churn/b.csv": ""}))


def test_a_file_without_rows_excuses_no_other_file() -> None:
    with pytest.raises(GateRefused, match="1 problem.*b.csv: the file is a Parquet file"):
        run(store({"raw/churn/a.csv": "", "raw/churn/b.csv": "PAR1", "raw/churn/c.csv": GOOD}))


def test_a_first_part_without_rows_in_a_long_file_is_refused_for_nobody_knows_the_rest() -> None:
    long = "age,spent,plan,left\n" + " \n" * HEAD_BYTES
    with pytest.raises(GateRefused, match="the first 65,536 bytes hold no rows"):
        run(store({"raw/churn/a.csv": long, "raw/churn/b.csv": GOOD}))


def test_warnings_are_few_and_each_is_one_line() -> None:
    s3 = store({f"raw/churn/{number}\n.csv": "" for number in range(30)} | {"raw/churn/good.csv": GOOD})
    told = run(s3)["warnings"]
    assert len(told) == 21
    assert told[-1] == "10 more files are passed over: the gate's report names them"
    assert all(line.isprintable() for line in told)
    assert len(report(s3)["passed_over"]) == 30


def test_a_warning_is_no_longer_than_a_run_can_hand_on() -> None:
    """Twenty keys of S3's longest, each escaped, would be most of a state's input."""
    s3 = store({f"raw/churn/{number}" + "\U000e0001" * 250: "" for number in range(30)} | {"raw/churn/good.csv": GOOD})
    told = run(s3)["warnings"]
    assert all(len(line) < WARNING_CHARACTERS + 60 for line in told)
    assert all(line.endswith(" more characters), and is passed over") for line in told[:-1])


def refusing(code: str, monkeypatch: pytest.MonkeyPatch) -> FakeS3:
    """A good file that S3 does not give."""
    s3 = store({"raw/churn/a.csv": GOOD})
    good = s3.get_object

    def refused(**arguments: Any) -> dict[str, Any]:
        if arguments["Key"].startswith("raw/"):
            raise client_error(code)
        return good(**arguments)

    monkeypatch.setattr(s3, "get_object", refused)
    return s3


@pytest.mark.parametrize("code", ["NoSuchKey", "NoSuchVersion"])
def test_a_file_deleted_after_the_run_began_is_named(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(GateRefused, match="a.csv: the file was deleted"):
        run(refusing(code, monkeypatch))


def test_trouble_with_s3_is_no_verdict_on_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Exception, match="AccessDenied"):
        run(refusing("AccessDenied", monkeypatch))


@given(st.lists(st.builds(Problem, st.text(), st.text(), st.none() | st.text(), st.text()), min_size=1, max_size=60))
def test_the_message_stays_short_and_always_ends_with_the_way_out(problems: list[Problem]) -> None:
    message = refusal("churn", problems)
    assert len(message) <= MAXIMUM_MESSAGE_LENGTH
    assert message.endswith("ask for a run: mlops train churn")


@pytest.mark.parametrize(
    ("count", "key", "all_told"),
    [(20, "raw/churn/a.csv", True), (21, "raw/churn/a.csv", False), (20, f"raw/churn/{'a' * 500}.csv", False)],
)
def test_a_message_that_does_not_hold_all_problems_says_so_and_stays_short(
    count: int, key: str, all_told: bool
) -> None:
    message = refusal("churn", [Problem(key, "v1", None, "the file is empty")] * count)
    assert message.startswith(f"{count} problem(s)")
    assert ("all of them are in the gate's report" not in message) is all_told
    assert len(message) <= MAXIMUM_MESSAGE_LENGTH
    assert message.endswith("ask for a run: mlops train churn")


def test_the_piece_of_a_line_that_the_first_64_kib_end_with_is_not_judged_as_a_row() -> None:
    long_row = "30,1.5," + "basic" * HEAD_BYTES + ",no\n"
    s3 = store({"raw/churn/a.csv": GOOD.splitlines(keepends=True)[0] + long_row})
    with pytest.raises(GateRefused, match="the first 65,536 bytes hold no rows"):
        run(s3)
