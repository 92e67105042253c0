"""The machines of the synthesized stages, read from their templates: what a witness is asked about."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from mlops_constructs.workflow.substitutions import as_joined
from tests.synth import assembly
from tests.workflow.assembly import ENDPOINTS, machines
from tests.workflow.expressions import expressions

STAGES = ("dev", "prod")


@cache
def definitions() -> dict[str, dict[str, Any]]:
    """Every machine of every stage, and those of each kind of endpoint, one of which approves by itself."""
    found = dict(_of_stages())
    for endpoint in ENDPOINTS:
        found |= {f"{name} ({endpoint})": each for name, each in machines(endpoint, endpoint == "one").items()}
    return found


def shipped_expressions() -> list[str]:
    """Every different expression of every machine."""
    return sorted({text for each in definitions().values() for text in expressions(each)})


def _of_stages() -> Iterator[tuple[str, dict[str, Any]]]:
    for stage in STAGES:
        for machine in assembly(stage).resources("AWS::StepFunctions::StateMachine"):
            name = f"{stage}: {machine.properties['StateMachineName']}"
            yield name, json.loads(_text(as_joined(machine.properties)))


def _text(value: Any) -> str:
    """The text that CloudFormation makes of it, where what a deployment decides has a name instead of a value."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and "Fn::Join" in value:
        separator, parts = value["Fn::Join"]
        return separator.join(map(_text, parts))
    return "aws" if value == {"Ref": "AWS::Partition"} else "deployed"
