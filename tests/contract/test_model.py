"""The contract as data: read, written, and refused where it contradicts itself."""

import json
from dataclasses import replace
from typing import Any

import pytest

from contract.model import Column, Contract, ContractError, FileFormat
from tests.contract.examples import CHURN, churn

TARGET = {"name": "left", "type": "text", "allowed": ["yes", "no"]}


def raw() -> dict[str, Any]:
    return json.loads(CHURN.to_json())


def test_a_contract_survives_writing_and_reading() -> None:
    assert Contract.from_json(CHURN.to_json()) == CHURN


def test_the_same_contract_is_always_the_same_text() -> None:
    shuffled = dict(reversed(raw().items()))

    assert Contract.from_json(json.dumps(shuffled, indent=3)).to_json() == CHURN.to_json()


def test_what_is_left_out_has_its_default() -> None:
    short = {key: value for key, value in raw().items() if key not in ("data", "evaluation", "gates", "training")}

    assert Contract.from_json(json.dumps(short)).data.maximum_quarantined_fraction == 0.1


def test_an_unset_limit_may_be_written_as_null() -> None:
    content = raw()
    content["columns"][1]["maximum"] = None

    assert Contract.from_json(json.dumps(content)) == CHURN


def test_classes_and_features_follow_from_the_columns() -> None:
    assert CHURN.classes == ("yes", "no")
    assert [column.name for column in CHURN.features] == ["age", "spent", "plan", "city"]
    assert CHURN.names == ("age", "spent", "plan", "city", "left")


def test_an_ignored_column_stands_in_the_file_and_is_no_feature() -> None:
    age, *others = CHURN.columns
    contract = churn(columns=(replace(age, ignored=True), *others))

    assert contract.names == CHURN.names
    assert [column.name for column in contract.features] == ["spent", "plan", "city"]
    assert Contract.from_json(contract.to_json()) == contract


def test_the_header_may_leave_the_name_of_an_ignored_column_empty() -> None:
    age, *others = CHURN.columns
    contract = churn(columns=(replace(age, ignored=True), *others))

    assert contract.is_header(CHURN.names)
    assert contract.is_header(["", *CHURN.names[1:]])
    assert not contract.is_header(["years", *CHURN.names[1:]])
    assert not contract.is_header(CHURN.names[1:])
    assert not CHURN.is_header(["", *CHURN.names[1:]])


def test_a_regression_has_no_classes() -> None:
    assert churn(problem="regression", target="spent", positive=None).classes == ()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"contract_version": 2}, "version 2"),
        ({"contract_version": None}, "version None"),
        ({"colums": []}, "unknown key 'colums'"),
        ({"target": "gone"}, "'gone' is not among the columns"),
        ({"target": None}, "'target' is missing"),
        ({"positive": "maybe"}, "two classes"),
        ({"format": {"encoding": "utf-16"}}, "utf-16"),
        ({"columns": [{"name": "left", "type": "text", "allowed": ["yes", "no"]}]}, "no feature besides"),
        ({"columns": [{"name": "left", "typ": "text"}]}, "unknown key 'typ'"),
    ],
)
def test_a_contract_that_contradicts_itself_is_refused(change: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ContractError, match=complaint):
        Contract.from_json(json.dumps(raw() | change))


@pytest.mark.parametrize("name", ["AGE", "Row_Id", "source", "split"])
def test_columns_that_would_collide_in_the_clean_data_are_refused(name: str) -> None:
    with pytest.raises(ContractError):
        replace(CHURN, columns=(*CHURN.columns, Column(name, "text")))


def test_a_target_with_one_class_is_refused() -> None:
    with pytest.raises(ContractError, match="at least two classes"):
        Contract("churn", "multiclass", "left", FileFormat(), (Column("age", "integer"), Column("left", "text")))
