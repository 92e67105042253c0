"""Which tagging action is asked for at creation: each row of the emulator's table and AWS's own texts."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from botocore.loaders import Loader

from rehearsal.emulator.tagging import TAGGED_AT_CREATION, UNSOURCED
from tests.conformance.authorization import reference

BOTOCORE_NAMES = {"elasticfilesystem": "efs", "states": "stepfunctions"}


@cache
def _model(service: str) -> dict[str, Any]:
    loaded: dict[str, Any] = Loader().load_service_model(BOTOCORE_NAMES.get(service, service), "service-2")
    return loaded


def _documented(action: str) -> str:
    """Everything that the API reference says of an operation and its parameters."""
    service, _, name = action.partition(":")
    model = _model(service)
    operation = model["operations"][name]
    members = model["shapes"][operation["input"]["shape"]].get("members", {})
    return json.dumps([operation.get("documentation", ""), members])


def _dependent(action: str) -> Iterator[str]:
    service, _, name = action.partition(":")
    data = reference(tuple(sorted({one.partition(":")[0] for one in TAGGED_AT_CREATION})))
    for kind in data[service]["privileges"][name]["resource_types"].values():
        yield from kind["dependent_actions"] or []


@pytest.mark.parametrize("action", TAGGED_AT_CREATION)
def test_aws_asks_for_the_tagging_action_at_creation_or_the_table_says_that_nobody_knows(action: str) -> None:
    tagging = TAGGED_AT_CREATION[action][1]
    sourced = tagging in _dependent(action) or tagging in _documented(action)
    assert sourced is (action not in UNSOURCED)


@pytest.mark.parametrize("action", TAGGED_AT_CREATION)
def test_every_tagging_action_and_its_parameter_exist(action: str) -> None:
    parameter, tagging = TAGGED_AT_CREATION[action]
    service, _, name = tagging.partition(":")
    data = reference(tuple(sorted({one.partition(":")[0] for one in TAGGED_AT_CREATION})))
    assert name in data[service]["privileges"]
    assert f'"{parameter}"' in _documented(action)
