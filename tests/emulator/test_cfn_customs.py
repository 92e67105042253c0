"""Custom resources: the function answers by itself, in time, and its silence is noticed."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.emulator.conftest import Emulator, statement
from tests.emulator.functions import LOGS, make_function
from tests.emulator.stacks import Stacks, refused

ANSWER = """
import json, urllib.request
def answer(event, status="SUCCESS", **more):
    body = {"Status": status, "PhysicalResourceId": "own-id", "StackId": event["StackId"],
            "RequestId": event["RequestId"], "LogicalResourceId": event["LogicalResourceId"], **more}
    request = urllib.request.Request(event["ResponseURL"], data=json.dumps(body).encode(), method="PUT")
    urllib.request.urlopen(request)
"""
GOOD = (
    ANSWER
    + """
def handler(event, context):
    print(event["RequestType"], json.dumps(event["ResourceProperties"], sort_keys=True))
    answer(event, Data={"Colour": event["ResourceProperties"].get("Colour", "none")})
"""
)
REFUSING = (
    ANSWER
    + """
def handler(event, context):
    answer(event, "FAILED" if event["RequestType"] == "Create" else "SUCCESS", Reason="there is still an endpoint")
"""
)
BROKEN = "import nothing_of_the_kind\ndef handler(event, context): pass\n"
SILENT = "def handler(event, context): pass\n"
RELAY = (
    ANSWER
    + """
import boto3
def handler(event, context):
    turns = event.get("Turns", 0)
    if event["RequestType"] == "Delete" and turns < 3:
        payload = json.dumps({**event, "Turns": turns + 1}).encode()
        boto3.client("lambda").invoke(FunctionName=context.function_name, InvocationType="Event", Payload=payload)
        return
    answer(event)
"""
)

Deploy = Callable[..., tuple[str, dict[str, Any]]]


@pytest.fixture
def stacks(emulator: Emulator) -> Iterator[Stacks]:
    made = Stacks(emulator)
    yield made
    made.remove_all()


@pytest.fixture
def custom(emulator: Emulator) -> Callable[..., dict[str, Any]]:
    def made(source: str, **properties: Any) -> dict[str, Any]:
        name = f"custom-{os.urandom(4).hex()}"
        role = emulator.role(name, "lambda.amazonaws.com", [LOGS, statement("lambda:InvokeFunction")])
        arn = make_function(emulator, name, role, source)
        return {"Custom": {"Type": "Custom::Teardown", "Properties": {"ServiceToken": arn, **properties}}}

    return made


def test_the_functions_answer_gives_id_and_attributes(stacks: Stacks, custom: Callable[..., Any]) -> None:
    resources = custom(GOOD, Colour="blue")
    name = stacks.create(resources, {"Colour": {"Fn::GetAtt": ["Custom", "Colour"]}})
    assert stacks.outputs(name) == {"Colour": "blue"}
    assert stacks.physical_id(name, "Custom") == "own-id"
    resources["Custom"]["Properties"]["Colour"] = "red"
    stacks.update(name, resources, {"Colour": {"Fn::GetAtt": ["Custom", "Colour"]}})
    assert stacks.outputs(name) == {"Colour": "red"}
    stacks.delete(name)


def test_a_refusal_fails_the_stack_with_its_reason(stacks: Stacks, custom: Callable[..., Any]) -> None:
    assert "there is still an endpoint" in refused(lambda: stacks.create(custom(REFUSING)))


def test_a_function_that_invokes_itself_again_may_answer_later(stacks: Stacks, custom: Callable[..., Any]) -> None:
    name = stacks.create(custom(RELAY))
    stacks.delete(name)


def test_the_service_timeout_is_respected(stacks: Stacks, custom: Callable[..., Any]) -> None:
    started = time.monotonic()
    reason = refused(lambda: stacks.create(custom(SILENT, ServiceTimeout="2")))
    assert "did not receive a response from your Custom Resource" in reason
    assert time.monotonic() - started < 20


def test_a_function_that_failed_for_good_is_not_waited_for(stacks: Stacks, custom: Callable[..., Any]) -> None:
    reason = refused(lambda: stacks.create(custom(BROKEN, ServiceTimeout="3600")))
    assert "Runtime.ImportModuleError" in reason
    assert "nothing_of_the_kind" in reason


def test_a_missing_function_is_named(stacks: Stacks) -> None:
    token = "arn:aws:lambda:us-east-1:000000000000:function:nobody"
    resources = {"Custom": {"Type": "Custom::Teardown", "Properties": {"ServiceToken": token}}}
    assert f"there is no function {token}" in refused(lambda: stacks.create(resources))
