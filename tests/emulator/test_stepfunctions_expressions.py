"""JSONata in states: what `$states` shows, what is an error, and what counts as data."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.emulator.stepfunctions.errors import StateError
from rehearsal.emulator.stepfunctions.expressions import DATA_LIMIT_BYTES, Scope, dumped, within_limit

CONTEXT = {
    "Execution": {"Name": "first", "RedriveCount": 0, "StartTime": "2026-11-23T20:23:21.123Z"},
    "State": {"Name": "Here"},
}
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


def scope(**variables: Any) -> Scope:
    return Scope(dict(CONTEXT), variables)


def test_the_run_number_comes_from_the_executions_start() -> None:
    text = "{% $fromMillis($toMillis($states.context.Execution.StartTime), '[Y01][M01][D01][H01][m01][s01]') %}"
    assert scope().fill(text, "Output") == "261123202321"


def test_what_is_undefined_is_an_error_and_what_is_null_is_not() -> None:
    assert scope().fill("{% $states.input.gone %}", "Output", input={"gone": None}) is None
    with pytest.raises(StateError) as problem:
        scope().fill("{% $states.input.gone %}", "Output", input={})
    assert problem.value.error == "States.QueryEvaluationError"


def test_a_state_sees_only_its_own_data() -> None:
    with pytest.raises(StateError):
        scope().fill("{% $states.result %}", "Output", input=1)
    assert scope().fill("{% $states.errorOutput.Error %}", "Output", input=1, errorOutput={"Error": "E"}) == "E"


def test_whole_numbers_are_integers() -> None:
    assert dumped(scope().fill({"half": "{% 1 / 2 %}", "one": "{% 4 / 4 %}"}, "Output")) == '{"half":0.5,"one":1}'


def test_assigned_variables_are_computed_from_the_old_ones() -> None:
    assert scope(a=1, b=2).assign({"a": "{% $b %}", "b": "{% $a %}"}) == {"a": 2, "b": 1}


def test_a_branch_reads_outer_variables_and_keeps_its_own() -> None:
    outer = scope(a=1)
    inner = outer.inner()
    inner.variables["a"] = 5
    assert (outer.fill("{% $a %}", "Output"), inner.fill("{% $a %}", "Output")) == (1, 5)


def test_a_field_of_the_wrong_type_is_a_query_error() -> None:
    with pytest.raises(StateError, match="Seconds"):
        scope().typed("Seconds", "{% 'ten' %}", int)
    with pytest.raises(StateError, match="Condition"):
        scope().typed("Condition", "{% 1 %}", bool)


def test_more_than_256_kib_is_too_much_counted_in_bytes() -> None:
    assert within_limit("x" * (DATA_LIMIT_BYTES - 2), "input")
    for text in ("x" * (DATA_LIMIT_BYTES - 1), "\u00e9" * (DATA_LIMIT_BYTES // 2)):
        with pytest.raises(StateError) as problem:
            within_limit(text, "input")
        assert problem.value.error == "States.DataLimitExceeded"


@given(JSON_VALUES)
def test_data_passes_through_an_expression_unchanged(value: Any) -> None:
    assert scope().fill({"kept": "{% [$states.input] %}"}, "Output", input={"v": value})["kept"][0] == {"v": value}
    assert json.loads(dumped(value)) == value
