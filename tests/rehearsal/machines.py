"""The two state machines of a stage, and which of their executions are about one model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from contract.run import model_of_execution
from rehearsal import people
from rehearsal.launcher import ACCOUNT, REGION, Emulator


def machine_arn(stage: str, kind: str) -> str:
    return f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:mlops-{stage}-{kind}"


def executions_of(states: Any, arn: str, model: str) -> list[dict[str, Any]]:
    """As the listing has them, the newest first."""
    pages = states.get_paginator("list_executions").paginate(stateMachineArn=arn)
    return [entry for page in pages for entry in page["executions"] if _model(states, entry) == model]


def settings_of(emulator: Emulator, stage: str, model: str) -> dict[str, Any]:
    """The settings that the starter would give an execution."""
    found = people.owner(emulator, "ssm").get_parameter(Name=f"/mlops-{stage}/models/{model}")
    return json.loads(found["Parameter"]["Value"])


@contextmanager
def other_settings(emulator: Emulator, stage: str, model: str, **changes: Any) -> Iterator[None]:
    """Other settings of a model for the time of the block, as after a deployment of its changed TOML file."""
    ssm, before = people.owner(emulator, "ssm"), settings_of(emulator, stage, model)
    assert set(changes) <= set(before)

    def put(settings: dict[str, Any]) -> None:
        ssm.put_parameter(Name=f"/mlops-{stage}/models/{model}", Value=json.dumps(settings), Overwrite=True)

    put(before | changes)
    try:
        yield
    finally:
        put(before)


def _model(states: Any, entry: dict[str, Any]) -> str | None:
    arn = entry["executionArn"]
    return model_of_execution(arn) or model_of_execution(arn, states.describe_execution(executionArn=arn).get("input"))
