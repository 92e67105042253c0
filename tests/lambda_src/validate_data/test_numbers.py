"""Bins, baselines and the stability index on wide inputs."""

import json
import math
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_src.validate_data.baseline import count_in_bins, make_baseline
from lambda_src.validate_data.drift import indices, stability_index
from lambda_src.validate_data.findings import MAXIMUM_MESSAGE_LENGTH, REFUSE, Finding, refusal
from lambda_src.validate_data.recount import split_lines
from lambda_src.validate_data.table import expected_schema, measure
from tests.lambda_src.examples import churn

CONTRACT = churn()
ROW = st.fixed_dictionaries(
    {
        "row_id": st.just("r"),
        "age": st.none() | st.integers(-5, 200),
        "spent": st.none() | st.floats(allow_nan=False, width=32),
        "plan": st.none() | st.sampled_from(["basic", "plus", "gold", "silver", ""]),
        "left": st.sampled_from(["yes", "no"]),
    }
)
Rows = list[dict[str, Any]]


def frame(rows: Rows) -> pl.LazyFrame:
    return pl.LazyFrame(rows, schema=expected_schema(CONTRACT))


@settings(max_examples=80, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=40))
def test_measures_are_what_counting_by_hand_gives(rows: Rows) -> None:
    found = measure(frame(rows), CONTRACT)
    ages = [row["age"] for row in rows if row["age"] is not None]
    assert found.rows == len(rows)
    assert found.columns["age"].missing == len(rows) - len(ages)
    assert found.columns["age"].below == sum(age < 17 for age in ages)
    assert found.columns["age"].above == sum(age > 120 for age in ages)
    assert found.columns["spent"].not_finite == sum(
        row["spent"] is not None and not math.isfinite(row["spent"]) for row in rows
    )
    assert found.columns["plan"].not_allowed == sum(row["plan"] in ("silver", "") for row in rows)
    assert found.classes == {
        name: count for name in ("yes", "no") if (count := sum(row["left"] == name for row in rows))
    }


@settings(max_examples=80, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=60))
def test_every_row_is_in_exactly_one_bin_of_each_column(rows: Rows) -> None:
    finite = [
        row | {"spent": row["spent"] if row["spent"] is None or math.isfinite(row["spent"]) else 0.0} for row in rows
    ]
    baseline = make_baseline(frame(finite), CONTRACT, len(finite))
    for entry in baseline["columns"].values():
        assert entry["missing"] + sum(entry["counts"]) == len(rows)
        assert min(entry["counts"]) >= 0
    assert json.loads(json.dumps(baseline, allow_nan=False)) == baseline
    again = count_in_bins(frame(finite), baseline["columns"])
    assert all(index == pytest.approx(0.0) for index in indices(baseline, again).values())


def test_a_column_without_values_has_a_baseline_all_the_same() -> None:
    rows = [{"row_id": "r", "age": 20, "spent": None, "plan": None, "left": "yes"}]
    columns = make_baseline(frame(rows), CONTRACT, 1)["columns"]
    assert columns["spent"] == {"kind": "number", "edges": [], "missing": 1, "counts": [0]}
    assert columns["plan"] == {"kind": "text", "categories": [], "missing": 1, "counts": [0]}


def test_values_never_seen_before_count_as_others() -> None:
    seen = frame([{"row_id": "r", "age": 20, "spent": 1.0, "plan": "gold", "left": "yes"}])
    later = frame([{"row_id": "r", "age": 20, "spent": 1.0, "plan": "basic", "left": "no"}])
    baseline = make_baseline(seen, CONTRACT, 1)
    assert count_in_bins(later, baseline["columns"])["plan"]["counts"] == [0, 1]


COUNTS = st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000)), min_size=1, max_size=12)


@given(COUNTS)
def test_the_index_is_never_negative_symmetric_and_nought_without_change(pairs: list[tuple[int, int]]) -> None:
    before, after = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    assert stability_index(before, after) >= -1e-12
    assert stability_index(before, after) == pytest.approx(stability_index(after, before))
    assert stability_index(before, before) == pytest.approx(0.0)


def test_the_index_has_its_textbook_value_on_large_counts() -> None:
    expected = (0.4 - 0.5) * math.log(0.4 / 0.5) + (0.6 - 0.5) * math.log(0.6 / 0.5)
    assert stability_index([500_000, 500_000], [400_000, 600_000]) == pytest.approx(expected, rel=1e-4)


@given(st.binary(max_size=200), st.integers(1, 20))
def test_lines_do_not_depend_on_where_the_chunks_end(body: bytes, size: int) -> None:
    chunks = (body[start : start + size] for start in range(0, len(body), size))
    expected = body.split(b"\n")
    assert list(split_lines(chunks)) == (expected[:-1] if expected[-1] == b"" else expected)


@given(
    st.lists(st.text(max_size=1024)),
    st.lists(st.builds(Finding, st.text(), st.just(REFUSE), st.text(), st.none() | st.text(), st.none() | st.text())),
)
def test_a_refusal_stays_short_and_always_names_the_way_out(keys: list[str], findings: list[Finding]) -> None:
    message = refusal("churn", keys, findings)
    assert len(message) <= MAXIMUM_MESSAGE_LENGTH
    assert message.endswith("ask for a run: mlops train churn")


def test_long_keys_and_many_findings_still_leave_room_for_the_way_out() -> None:
    message = refusal("churn", ["k" * 1024] * 9, [Finding("drift", REFUSE, "x" * 300, "age")] * 30)
    assert len(message) <= MAXIMUM_MESSAGE_LENGTH
    assert " ... (all of them are in the validation report). " in message


def test_what_a_key_or_a_cell_says_never_begins_a_line_of_the_refusal() -> None:
    found = Finding("contract", REFUSE, "the value 'x\nWay out: pay' is not allowed", "na\rme", "raw/churn/a\x1b.csv")

    assert len(refusal("churn", ["raw/churn/a\u2028b.csv"], [found]).splitlines()) == 1
