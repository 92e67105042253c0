"""Every statement of the shipped templates means what it says to the evaluator: it allows its own actions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from rehearsal.emulator.policies.decision import decide, decide_resource
from rehearsal.emulator.policies.documents import listed, parse
from rehearsal.emulator.policies.request import Principal, Request, Value
from tests.emulator.conftest import ACCOUNT, REGION, ROOT

SNAPSHOTS = sorted((ROOT / "tests" / "snapshots").rglob("*.json"))
NEGATIVE = ("Not", "Null")


def _text(node: Any) -> Any:
    """A template's value with a plain word for whatever only a deployment knows."""
    if isinstance(node, list):
        return [_text(item) for item in node]
    if not isinstance(node, dict):
        return node
    function, argument = next(iter(node.items())) if len(node) == 1 else ("", None)
    if function == "Fn::Join":
        return argument[0].join(str(_text(item)) for item in argument[1])
    if function == "Ref":
        known = {
            "AWS::Partition": "aws",
            "AWS::Region": REGION,
            "AWS::AccountId": ACCOUNT,
            "AWS::URLSuffix": "amazonaws.com",
        }
        return known.get(argument, f"ref-{argument}")
    if function == "Fn::GetAtt" and argument[1].endswith("Arn"):
        return f"arn:aws:any:{REGION}:{ACCOUNT}:{argument[0]}"
    if function.startswith("Fn::"):
        return f"arn:aws:any:{REGION}:{ACCOUNT}:{function[4:]}"
    return {key: _text(value) for key, value in node.items()}


def documents(template: str) -> list[dict[str, Any]]:
    """Every policy document of a template, its references resolved to plain words."""
    return list(_found(json.loads(template)))


def _found(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if isinstance(node.get("Statement"), list) and "Version" in node:
            yield _text(node)
        for value in node.values():
            yield from _found(value)
    elif isinstance(node, list):
        for item in node:
            yield from _found(item)


def _keys(conditions: dict[str, dict[str, Any]]) -> dict[str, Value]:
    """Values that satisfy each condition that wants one."""
    return {
        key.lower(): "0" if operator == "NumericLessThan" else str(listed(expected)[0]).replace("*", "x")
        for operator, keys in conditions.items()
        for key, expected in keys.items()
        if not any(word in operator for word in NEGATIVE)
    }


def _questions(statement: dict[str, Any]) -> Iterator[Request]:
    service = str(listed((statement.get("Principal") or {}).get("Service"))[0]) if _by_service(statement) else ""
    for action in listed(statement.get("Action")):
        for resource in listed(statement.get("Resource", "*")):
            named = str(resource).replace("*", "x")
            yield Request(
                Principal(f"arn:aws:iam::{ACCOUNT}:root", ACCOUNT, service=service),
                str(action).replace("*", "X"),
                named,
                _keys(statement.get("Condition") or {}),
            )


def _by_service(statement: dict[str, Any]) -> bool:
    principal = statement.get("Principal")
    return isinstance(principal, dict) and "Service" in principal


@pytest.mark.parametrize("path", SNAPSHOTS, ids=[f"{path.parent.name}/{path.stem}" for path in SNAPSHOTS])
def test_a_shipped_statement_says_yes_or_no_to_what_it_names(path: Any) -> None:
    asked = 0
    for document in documents(path.read_text()):
        for statement in document["Statement"]:
            policy = parse({"Version": document["Version"], "Statement": [statement]})
            for request in _questions(statement):
                asked += 1
                owned = "Principal" in statement
                found = decide_resource(request, policy) if owned else decide(request, policy)
                assert found == statement["Effect"], (statement, request)
    assert asked or "Statement" not in path.read_text()
