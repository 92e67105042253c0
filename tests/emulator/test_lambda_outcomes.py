"""A function's ends, seen from outside: results, errors by their class, timeouts, logs."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest

from tests.emulator.conftest import Emulator, lambda_runtime, wait_until
from tests.emulator.functions import LOGS, invoke, make_function

Make = Callable[..., str]


@pytest.fixture(scope="module")
def role(emulator: Emulator) -> str:
    return emulator.role("outcomes", "lambda.amazonaws.com", [LOGS])


@pytest.fixture
def make(emulator: Emulator, role: str) -> Make:
    def made(source: str | dict[str, str], **more: object) -> str:
        name = f"outcome-{os.urandom(4).hex()}"
        make_function(emulator, name, role, source, **more)
        return name

    return made


def test_the_class_of_an_exception_is_the_error_type(emulator: Emulator, make: Make) -> None:
    source = "class GateRefused(Exception): pass\ndef handler(event, context):\n    raise GateRefused('column age')\n"
    answer, kind = invoke(emulator, make(source))
    assert (answer["errorType"], answer["errorMessage"], kind) == ("GateRefused", "column age", "Unhandled")
    assert "in handler" in answer["stackTrace"][-1]


def test_the_process_lives_on_after_an_exception(emulator: Emulator, make: Make) -> None:
    source = "import os\ndef handler(event, context):\n    return os.getpid() if event != 'fail' else 1 / 0\n"
    name = make(source)
    first, _ = invoke(emulator, name)
    invoke(emulator, name, "fail")
    assert invoke(emulator, name)[0] == first


def test_a_function_that_takes_too_long_is_ended(emulator: Emulator, make: Make) -> None:
    source = "import threading\ndef handler(event, context):\n    threading.Event().wait(60)\n"
    answer, kind = invoke(emulator, make(source, Timeout=1))
    assert kind == "Unhandled"
    assert answer["errorType"] == "Sandbox.Timedout"
    assert answer["errorMessage"].endswith(" Error: Task timed out after 1.00 seconds")


def test_a_function_whose_process_ends_is_reported(emulator: Emulator, make: Make) -> None:
    name = make("import os\ndef handler(event, context):\n    os._exit(3)\n")
    answer, _kind = invoke(emulator, name)
    assert answer["errorType"] == "Runtime.ExitError"
    assert "exit status 3" in answer["errorMessage"]


def test_a_result_that_is_no_json_is_an_error(emulator: Emulator, make: Make) -> None:
    answer, _kind = invoke(emulator, make("def handler(event, context):\n    return object()\n"))
    assert answer["errorType"] == "Runtime.MarshalError"


def test_a_missing_handler_is_named(emulator: Emulator, make: Make) -> None:
    answer, _kind = invoke(emulator, make("x = 1\n"))
    assert answer["errorType"] == "Runtime.HandlerNotFound"


def test_the_remaining_time_counts_down_from_the_timeout(emulator: Emulator, make: Make) -> None:
    source = "def handler(event, context):\n    return context.get_remaining_time_in_millis()\n"
    left = invoke(emulator, make(source, Timeout=7))[0]
    assert 5000 < left <= 7000


def test_what_a_function_prints_is_in_its_log_once_and_in_order(emulator: Emulator, make: Make) -> None:
    name = make("import sys\ndef handler(event, context):\n    for n in range(300): print('line', n)\n")
    invoke(emulator, name)
    messages = _messages(emulator, name)
    assert [line for line in messages if line.startswith("line")] == [f"line {number}" for number in range(300)]
    assert messages[0].startswith("START RequestId")
    assert messages[-1].startswith("REPORT RequestId")


def test_a_role_without_log_permissions_leaves_no_log(emulator: Emulator) -> None:
    silent = emulator.role("silent", "lambda.amazonaws.com")
    make_function(emulator, "silent", silent, "def handler(event, context):\n    print('hello')\n")
    assert invoke(emulator, "silent") == (None, None)
    groups = emulator.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/silent")["logGroups"]
    assert groups == []
    denied = [call for call in emulator.calls() if call["decision"] == "denied" and "silent" in call["caller"]]
    assert "logs:CreateLogStream" in {call["action"] for call in denied}


def test_another_python_than_the_hosts_is_refused(emulator: Emulator, role: str) -> None:
    functions = emulator.client("lambda")
    with pytest.raises(functions.exceptions.InvalidParameterValueException, match=r"python3\.14 is declared"):
        make_function(emulator, "newer", role, "", Runtime="python3.14")


def test_another_architecture_than_the_hosts_is_refused(emulator: Emulator, role: str) -> None:
    other = "x86_64" if lambda_runtime()[1] == "arm64" else "arm64"
    functions = emulator.client("lambda")
    with pytest.raises(functions.exceptions.InvalidParameterValueException, match=f"Architecture {other} is declared"):
        make_function(emulator, "other", role, "", Architectures=[other])


def test_another_language_is_refused(emulator: Emulator, role: str) -> None:
    functions = emulator.client("lambda")
    with pytest.raises(functions.exceptions.InvalidParameterValueException, match="Python functions only"):
        make_function(emulator, "node", role, "", Runtime="nodejs22.x")


def test_a_function_may_invoke_itself_while_it_runs(emulator: Emulator) -> None:
    invoke_itself = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": "*"}
    role = emulator.role("recursive", "lambda.amazonaws.com", [LOGS, invoke_itself])
    source = (
        "import boto3, json\n"
        "def handler(event, context):\n"
        "    if event == 0: return 'bottom'\n"
        "    call = boto3.client('lambda').invoke(FunctionName=context.function_name, Payload=json.dumps(event - 1))\n"
        "    return json.loads(call['Payload'].read())\n"
    )
    make_function(emulator, "recursive", role, source)
    assert invoke(emulator, "recursive", 2) == ("bottom", None)


def _messages(emulator: Emulator, name: str) -> list[str]:
    logs = emulator.client("logs")

    def read() -> list[str]:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{name}")
        return [event["message"].strip() for page in pages for event in page["events"]]

    return list(wait_until(read, 10, f"the log of {name}"))
