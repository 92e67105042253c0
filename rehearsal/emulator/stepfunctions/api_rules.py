"""Requests that the API of Step Functions refuses, or answers, before it looks anything up; as recorded on AWS."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ministack.services import stepfunctions

from rehearsal.emulator.responses import Response
from rehearsal.emulator.stepfunctions.errors import Refused

# The operations that name one resource, and the parameter that does.
NAMED_BY = {
    "_delete_state_machine": "stateMachineArn",
    "_describe_execution": "executionArn",
    "_describe_state_machine": "stateMachineArn",
    "_get_execution_history": "executionArn",
    "_list_executions": "stateMachineArn",
    "_start_execution": "stateMachineArn",
    "_stop_execution": "executionArn",
    "_update_state_machine": "stateMachineArn",
}
UPDATABLE = ("definition", "roleArn", "loggingConfiguration", "tracingConfiguration", "encryptionConfiguration")

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.stepfunctions": (*NAMED_BY, "_resolve_state_machine_arn"),
}

Operation = Callable[[dict[str, Any]], Response]


def checked(name: str, operation: Operation) -> Operation:
    """The operation with the checks that AWS makes first."""

    def check(data: dict[str, Any]) -> Response:
        arn = data.get(NAMED_BY[name])
        if arn is not None and not str(arn).startswith("arn:"):
            raise Refused("InvalidArn", f"Invalid Arn: 'Invalid ARN prefix: {arn}'")
        if name in ("_describe_state_machine", "_list_executions") and arn is not None and not _known(arn):
            raise Refused("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")
        if name == "_delete_state_machine" and not _known(arn):
            return 200, {"Content-Type": "application/x-amz-json-1.0"}, b"{}"
        if name == "_update_state_machine" and not any(member in data for member in UPDATABLE):
            raise Refused(
                "MissingRequiredParameter",
                "Either the definition, the role ARN, the LoggingConfiguration, the EncryptionConfiguration or the"
                " TracingConfiguration must be specified",
            )
        answer = operation(data)
        return _without_output(answer) if name == "_describe_execution" else answer

    return check


def _known(arn: Any) -> bool:
    return stepfunctions._resolve_state_machine_arn(arn) is not None


def _without_output(answer: Response) -> Response:
    """Only an execution that succeeded has an output, and details of it."""
    status, headers, body = answer
    described = json.loads(body)
    if described.get("status") not in (None, "SUCCEEDED"):
        described = {key: value for key, value in described.items() if key not in ("output", "outputDetails")}
    return status, headers, json.dumps(described).encode()
