"""The policy evaluator: what AWS's pages say, row by row, and laws that hold for thousands of generated policies."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from rehearsal.emulator.policies.conditions import UnknownOperator
from tests.conformance.decisions import decision
from tests.conformance.policies import Case, Document, cases
from tests.emulator.conftest import ROOT

RECORDED = ROOT / "tests" / "conformance" / "recorded" / "iam.toml"
ROWS: list[dict[str, Any]] = tomllib.loads(RECORDED.read_text())["decision"]
GENERATED = list(cases(1500, first_seed=500_000))
ALL: Document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
NOTHING: Document = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}


@pytest.mark.parametrize("row", ROWS, ids=[row["says"] for row in ROWS])
def test_the_evaluator_decides_as_awss_pages_say(row: dict[str, Any]) -> None:
    assert decision(Case(seed=0, **json.loads(row["case"]))) == row["decision"]


def test_a_generated_case_depends_on_its_seed_alone() -> None:
    assert list(cases(20, first_seed=500_007)) == GENERATED[7:27]


def test_generated_cases_are_allowed_denied_and_passed_over_often_enough_to_prove_something() -> None:
    found = [decision(case) for case in GENERATED]
    assert min(found.count(kind) for kind in ("Allow", "Deny", "ImplicitDeny")) > len(GENERATED) / 10


def _turned(case: Case) -> Case:
    return replace(case, identity=[{**one, "Statement": one["Statement"][::-1]} for one in case.identity[::-1]])


SAME: list[tuple[str, Callable[[Case], Case]]] = [
    ("the order of statements and policies", _turned),
    ("a boundary that allows everything, without NotPrincipal", lambda case: _bounded(case)),
    ("a policy about other actions", lambda case: replace(case, identity=[*case.identity, _other()])),
    ("the case of condition keys", lambda case: replace(case, keys={key.upper(): case.keys[key] for key in case.keys})),
]


def _bounded(case: Case) -> Case:
    exception = case.boundary or "NotPrincipal" in json.dumps(case.resource_policy)
    return case if exception else replace(case, boundary=ALL)


def _other() -> Document:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}


@pytest.mark.parametrize("change", [change for _what, change in SAME], ids=[what for what, _change in SAME])
def test_it_decides_the_same_whatever_is(change: Callable[[Case], Case]) -> None:
    assert [case.seed for case in GENERATED if decision(case) != decision(change(case))] == []


def test_a_denial_anywhere_denies() -> None:
    for case in GENERATED:
        denied = [replace(case, identity=[*case.identity, NOTHING]), replace(case, boundary=NOTHING)]
        assert {decision(one) for one in denied} == {"Deny"}, case.seed


def test_taking_an_identity_policy_away_never_denies_more_explicitly_and_a_boundary_never_allows_more() -> None:
    for case in GENERATED:
        if decision(case) == "ImplicitDeny":
            assert decision(replace(case, identity=[])) == "ImplicitDeny", case.seed
            assert decision(replace(case, boundary=case.boundary or ALL)) != "Allow", case.seed


def test_without_variables_both_versions_of_the_language_mean_the_same() -> None:
    plain = [case for case in GENERATED if "${" not in json.dumps(case.as_json())]
    assert len(plain) > 300
    for case in plain:
        old = [{**one, "Version": "2008-10-17"} for one in case.identity]
        assert decision(replace(case, identity=old)) == decision(case), case.seed


def test_an_operator_that_came_in_unseen_is_never_passed_over() -> None:
    condition = {"StringEqual": {"aws:PrincipalTag/team": "red"}}
    document: Document = {"Version": "2012-10-17", "Statement": [{**ALL["Statement"][0], "Condition": condition}]}
    case = replace(GENERATED[0], identity=[document], keys={"aws:PrincipalTag/team": "red"}, resource_policy=None)
    with pytest.raises(UnknownOperator, match="StringEqual"):
        decision(case)
