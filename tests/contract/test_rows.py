"""Rows of files and records of requests."""

import pytest

from contract.rows import Rejection, read_cells, read_record, read_row
from tests.contract.examples import CHURN

GOOD = ["42", "1.5", "plus", "Bern", "yes."]


def test_a_row_has_all_columns_in_file_order() -> None:
    row = read_row(CHURN, GOOD)

    assert list(row.items()) == [("age", 42), ("spent", 1.5), ("plan", "plus"), ("city", "Bern"), ("left", "yes")]


@pytest.mark.parametrize(
    ("cells", "column", "reason"),
    [
        (GOOD[:-1], None, "4 cells where the contract has 5 columns"),
        ([*GOOD, ""], None, "6 cells"),
        (list(CHURN.names), None, "header"),
        (["", *GOOD[1:]], "age", "missing"),
        (["16", *GOOD[1:]], "age", "below"),
        ([*GOOD[:-1], "?"], "left", "missing"),
        ([*GOOD[:-1], "perhaps"], "left", "'perhaps' is not among"),
    ],
)
def test_a_bad_row_names_column_and_reason(cells: list[str], column: str | None, reason: str) -> None:
    with pytest.raises(Rejection, match=reason) as caught:
        read_row(CHURN, cells)

    assert caught.value.column == column


def test_a_record_is_read_by_name_and_the_rest_is_ignored() -> None:
    record = {"left": "no", "row_id": "x-1", "other": [1], "age": "42", "spent": 2, "plan": None}

    assert read_record(CHURN, record) == {"age": 42, "spent": 2.0, "plan": None, "city": None}


def test_a_record_without_a_required_column_is_refused() -> None:
    with pytest.raises(Rejection, match="age: the value is missing"):
        read_record(CHURN, {"city": "Bern"})


def test_a_request_without_names_has_the_features_in_order() -> None:
    assert read_cells(CHURN, GOOD[:-1]) == read_record(CHURN, dict(zip(CHURN.names, GOOD, strict=True)))
    with pytest.raises(Rejection, match="5 cells where the contract has 4 features"):
        read_cells(CHURN, GOOD)
