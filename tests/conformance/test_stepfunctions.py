"""Step Functions as recorded on AWS: recorded/stepfunctions.toml holds a row a fact, each with its source."""

from __future__ import annotations

import json
import re
import string
import tomllib
import uuid
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator, statement, wait_until
from tests.emulator.functions import LOGS, make_function

pytestmark = pytest.mark.slow

TABLE = tomllib.loads(Path(__file__).with_name("recorded").joinpath("stepfunctions.toml").read_text())
SECONDS = 60
FUNCTION = """
import threading

def handler(event, context):
    if event.get("sleep"):
        threading.Event().wait(event["sleep"])
    raise Exception("Some exception was raised.")
"""
ALLOWED = [statement(["lambda:InvokeFunction", "s3:GetObject", "s3:PutObject", "s3:ListBucket", "dynamodb:PutItem"])]


@pytest.fixture(scope="module")
def places(emulator: Emulator) -> dict[str, str]:
    """What rows may name: a function that fails, a bucket, a role."""
    name = f"recorded-{uuid.uuid4().hex[:8]}"
    emulator.client("s3").create_bucket(Bucket=name)
    function = make_function(emulator, name, emulator.role(name, "lambda.amazonaws.com", [LOGS]), FUNCTION)
    role = emulator.role(f"{name}-machine", "states.amazonaws.com", ALLOWED)
    return {"FUNCTION": function, "BUCKET": name, "ROLE": role}


@pytest.mark.parametrize("row", TABLE["execution"], ids=lambda row: row["fact"])
def test_an_execution_ends_and_is_told_as_recorded(
    row: dict[str, Any], emulator: Emulator, places: dict[str, str]
) -> None:
    execution = _run(row, emulator, places)
    ended = emulator.client("stepfunctions").describe_execution(executionArn=execution)
    seen = {"status": ended["status"], "error": ended.get("error"), "cause": ended.get("cause")}
    for name in ("status", "error", "cause"):
        if name in row:
            assert _alike(row[name], seen[name]), (name, row[name], seen)
    if "output" in row:
        assert _alike_data(json.loads(row["output"]), json.loads(ended["output"])), (row["output"], ended["output"])
    events = _events(emulator, execution)
    if "events" in row:
        assert [f"{event['id']} {event['previousEventId']} {event['type']}" for event in events] == row["events"]
    for number, details in row.get("details", {}).items():
        kept = {name: value for name, value in events[int(number) - 1].items() if name.endswith("EventDetails")}
        assert _alike_data(json.loads(details), next(iter(kept.values()), None)), (number, details, kept)


@pytest.mark.parametrize("row", TABLE["call"], ids=lambda row: row["fact"])
def test_a_call_is_answered_as_recorded(row: dict[str, Any], emulator: Emulator, places: dict[str, str]) -> None:
    states = emulator.client("stepfunctions")
    given = json.loads(string.Template(row["given"]).safe_substitute(places))
    call = getattr(states, row["call"])
    if "error" not in row:
        assert call(**given)["ResponseMetadata"]["HTTPStatusCode"] == 200
        return
    with pytest.raises(ClientError) as refused:
        call(**given)
    assert refused.value.response["Error"]["Code"] == row["error"]
    assert _alike(row.get("message", "~.*"), refused.value.response["Error"]["Message"])


def test_every_row_names_its_source() -> None:
    rows = [*TABLE["execution"], *TABLE["call"]]
    assert len(rows) == len({row["fact"] for row in rows}) > 25
    assert all("test_" in row["source"] for row in rows)


def _run(row: dict[str, Any], emulator: Emulator, places: dict[str, str]) -> str:
    states = emulator.client("stepfunctions")
    machine = json.loads(string.Template(row["machine"]).safe_substitute(places))
    definition = {"QueryLanguage": "JSONata", "StartAt": next(iter(machine)), "States": machine}
    if "seconds" in row:
        definition["TimeoutSeconds"] = row["seconds"]
    arn = states.create_state_machine(
        name=f"recorded-{uuid.uuid4().hex[:8]}", definition=json.dumps(definition), roleArn=places["ROLE"]
    )["stateMachineArn"]
    given = json.loads(row.get("input", "{}"))
    execution = str(states.start_execution(stateMachineArn=arn, input=json.dumps(given))["executionArn"])
    wait_until(
        lambda: states.describe_execution(executionArn=execution)["status"] != "RUNNING",
        SECONDS,
        f"the end of {execution}",
    )
    return execution


def _events(emulator: Emulator, execution: str) -> list[dict[str, Any]]:
    states = emulator.client("stepfunctions")
    return list(states.get_execution_history(executionArn=execution, maxResults=1000)["events"])


def _alike(expected: str | None, seen: str | None) -> bool:
    """A text that begins with ~ is a regular expression; an empty one stands for none."""
    if expected is not None and expected.startswith("~"):
        return seen is not None and re.fullmatch(expected[1:], seen, re.DOTALL) is not None
    return (expected or None) == (seen or None)


def _alike_data(expected: Any, seen: Any) -> bool:
    if isinstance(expected, str) and isinstance(seen, str):
        return _alike(expected, seen)
    if isinstance(expected, dict) and isinstance(seen, dict):
        return expected.keys() == seen.keys() and all(_alike_data(expected[name], seen[name]) for name in expected)
    return bool(expected == seen)
