"""The platform's own retriers against what Lambda does to a run: idle functions and killed processes."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from mlops_constructs.workflow import retries
from tests.emulator.conftest import Emulator, statement, wait_until
from tests.emulator.functions import LOGS, make_function
from tests.emulator.test_recorded_functions import DAY, IN_A_NETWORK, INTERFACES, advance

KILLED_ONCE = """
import os, signal
def handler(event, context):
    if event == 0: os.kill(os.getpid(), signal.SIGKILL)
    return event
"""
ALWAYS_KILLED = KILLED_ONCE.replace("if event == 0: ", "")


@pytest.fixture(scope="module")
def roles(emulator: Emulator) -> dict[str, str]:
    function = emulator.role("patient-function", "lambda.amazonaws.com", [LOGS, statement(INTERFACES)])
    machine = emulator.role("patient-machine", "states.amazonaws.com", [statement("lambda:InvokeFunction")])
    return {"function": function, "machine": machine}


def ended(emulator: Emulator, roles: dict[str, str], source: str, *, idle: bool = False) -> dict[str, Any]:
    """An execution that invokes the function with the retriers that every state of the platform's machines has."""
    name = f"patient-{os.urandom(4).hex()}"
    function = make_function(emulator, name, roles["function"], source, **IN_A_NETWORK)
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": function, "Payload": "{% $states.context.State.RetryCount %}"},
        "Output": "{% $states.result.Payload %}",
        "Retry": [retrier.as_asl() for retrier in retries.LAMBDA],
        "End": True,
    }
    definition = json.dumps({"StartAt": "Call", "QueryLanguage": "JSONata", "States": {"Call": task}})
    states = emulator.client("stepfunctions")
    machine = states.create_state_machine(name=name, definition=definition, roleArn=roles["machine"])
    if idle:
        advance(emulator, 15 * DAY)
    execution = states.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"]

    def over() -> dict[str, Any] | None:
        described = states.describe_execution(executionArn=execution)
        return dict(described) if described["status"] != "RUNNING" else None

    return dict(wait_until(over, 60, "the execution"))


def test_a_run_after_idle_weeks_waits_for_its_functions(emulator: Emulator, roles: dict[str, str]) -> None:
    described = ended(emulator, roles, "def handler(event, context): return 'awake'\n", idle=True)
    assert (described["status"], json.loads(described.get("output", "null"))) == ("SUCCEEDED", "awake")


def test_a_killed_function_is_called_again(emulator: Emulator, roles: dict[str, str]) -> None:
    described = ended(emulator, roles, KILLED_ONCE)
    assert (described["status"], json.loads(described.get("output", "null"))) == ("SUCCEEDED", 1)


def test_a_function_that_is_killed_each_time_ends_the_run_with_that_error(
    emulator: Emulator, roles: dict[str, str]
) -> None:
    described = ended(emulator, roles, ALWAYS_KILLED)
    assert (described["status"], described["error"]) == ("FAILED", "Runtime.ExitError")
