"""The API of Step Functions where it differs from what ministack answers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from ministack.services import stepfunctions

from rehearsal.emulator.responses import Response, json_error
from rehearsal.emulator.stepfunctions import api_rules, definition, executions, roles
from rehearsal.emulator.stepfunctions.errors import Refused
from rehearsal.emulator.stepfunctions.expressions import DATA_LIMIT_BYTES

# AWS: no white space, no control characters, none of these.
NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}")
UNSUPPORTED = ("_start_sync_execution", "_test_state", "_create_activity", "_send_task_success", "_send_task_failure")

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.stepfunctions": (
        "_create_state_machine",
        "_delete_state_machine",
        "_executions",
        "_resolve_state_machine_arn",
        "_run_execution",
        "_start_execution",
        "_state_machines",
        "_stop_execution",
        "_update_state_machine",
        "_validate_definition_jsonata",
        "_validate_state_machine_definition",
        *UNSUPPORTED,
    ),
}

Operation = Callable[[dict[str, Any]], Response]


def install() -> None:
    """Replace the interpreter, and put the checks before the operations."""
    module = stepfunctions
    module._run_execution = executions.run_execution
    module._create_state_machine = _answering(create(module._create_state_machine))
    module._update_state_machine = _answering(update(module._update_state_machine))
    module._delete_state_machine = delete(module._delete_state_machine)
    module._start_execution = _answering(start(module._start_execution))
    module._stop_execution = stop(module._stop_execution)
    module._validate_state_machine_definition = validate
    # The stock check asks another engine than the one that evaluates; _check() has asked the right one before.
    module._validate_definition_jsonata = lambda definition: None
    for name in UNSUPPORTED:
        setattr(module, name, _unsupported(name))
    for name in api_rules.NAMED_BY:
        setattr(module, name, _answering(api_rules.checked(name, getattr(module, name))))


def create(stock: Operation) -> Operation:
    """CreateStateMachine with the checks of the definition and the role."""

    def checked(data: dict[str, Any]) -> Response:
        if data.get("type", "STANDARD") != "STANDARD":
            raise Refused("ValidationException", "this rehearsal runs STANDARD machines only")
        if not NAME.fullmatch(str(data.get("name", ""))):
            raise Refused("InvalidName", f"Invalid Name: '{data.get('name')}'")
        _check(data.get("definition", ""), data.get("roleArn", ""), data.get("loggingConfiguration"))
        return stock(data)

    return checked


def update(stock: Operation) -> Operation:
    """UpdateStateMachine with the same checks, on what the machine will be."""

    def checked(data: dict[str, Any]) -> Response:
        known = stepfunctions._state_machines.get(data.get("stateMachineArn"))
        if known is not None:
            merged = {name: data.get(name, known[name]) for name in ("definition", "roleArn", "loggingConfiguration")}
            _check(merged["definition"], merged["roleArn"], merged["loggingConfiguration"])
        return stock(data)

    return checked


def delete(stock: Operation) -> Operation:
    """DeleteStateMachine ends the machine's executions."""

    def stopping(data: dict[str, Any]) -> Response:
        for execution in executions.live_of(str(data.get("stateMachineArn"))):
            execution.abort(None, "The state machine was deleted")
        return stock(data)

    return stopping


def start(stock: Operation) -> Operation:
    """StartExecution: names are used once; the same request again, while it runs, is the same execution."""

    def checked(data: dict[str, Any]) -> Response:
        name, text = data.get("name"), data.get("input", "{}")
        if name is not None and not NAME.fullmatch(name):
            raise Refused("InvalidName", f"Invalid Name: '{name}'")
        if len(text.encode()) > DATA_LIMIT_BYTES:
            raise Refused("InvalidExecutionInput", f"The input is longer than {DATA_LIMIT_BYTES} bytes")
        try:
            json.loads(text)
        except ValueError as problem:
            raise Refused("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{problem}'") from None
        running = _same_execution(str(data.get("stateMachineArn", "")), name)
        if running is not None and running["status"] == "RUNNING" and running["input"] == text:
            answer = {"executionArn": running["executionArn"], "startDate": running["startDate"]}
            return 200, {"Content-Type": "application/x-amz-json-1.0"}, json.dumps(answer).encode()
        return stock(data)

    return checked


def stop(stock: Operation) -> Operation:
    """StopExecution ends the states too, and with them the job that one of them waits for."""

    def stopping(data: dict[str, Any]) -> Response:
        arn = str(data.get("executionArn"))
        executions.abort(arn, data.get("error"), data.get("cause"))
        answer = stock(data)
        # Between the two lines above the execution's thread may have begun to run it.
        executions.abort(arn, data.get("error"), data.get("cause"))
        return answer

    return stopping


def validate(data: dict[str, Any]) -> Response:
    """ValidateStateMachineDefinition with the checks of CreateStateMachine."""
    try:
        parsed = json.loads(data.get("definition", ""))
        found = list(definition.problems(parsed))
    except ValueError as problem:
        found = [("INVALID_JSON_DESCRIPTION", str(problem), "/")]
    diagnostics = [
        {"severity": "ERROR", "code": code, "message": message, "location": place} for code, message, place in found
    ]
    body = json.dumps({"result": "FAIL" if found else "OK", "diagnostics": diagnostics, "truncated": False}).encode()
    return 200, {"Content-Type": "application/x-amz-json-1.0"}, body


def _check(text: str, role_arn: str, logging_configuration: dict[str, Any] | None) -> None:
    roles.check(role_arn, definition.check(text), logging_configuration or {})


def _same_execution(state_machine_arn: str, name: str | None) -> dict[str, Any] | None:
    base = stepfunctions._resolve_state_machine_arn(state_machine_arn)
    if base is None or name is None:
        return None
    return stepfunctions._executions.get(f"{base.replace(':stateMachine:', ':execution:')}:{name}")


def _answering(operation: Operation) -> Operation:
    def answer(data: dict[str, Any]) -> Response:
        try:
            return operation(data)
        except Refused as refused:
            return json_error(refused.code, refused.message)

    return answer


def _unsupported(name: str) -> Operation:
    action = "".join(part.capitalize() for part in name.split("_"))

    def refuse(data: dict[str, Any]) -> Response:
        return json_error("UnsupportedOperation", f"{action} is not emulated by this rehearsal")

    return refuse
