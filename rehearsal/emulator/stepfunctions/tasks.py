"""One service task: an API call over HTTP, with the machine's role, under the names that AWS gives to its errors."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from rehearsal.emulator import sessions
from rehearsal.emulator.stepfunctions import shapes
from rehearsal.emulator.stepfunctions.errors import PERMISSIONS, RUNTIME, StateError, StateFault
from rehearsal.emulator.stepfunctions.expressions import dumped
from rehearsal.emulator.stepfunctions.resources import Integration

PRINCIPAL = "states.amazonaws.com"
UNKNOWN_FUNCTION_ERROR = "Lambda.Unknown"
VALIDATION = "ValidationException"


@dataclass(frozen=True)
class Caller:
    """The machine's role and the name of the session it works under."""

    role_arn: str
    session_name: str

    def client(self, service: str) -> Any:
        """A client with the role's session; the role must still trust Step Functions."""
        try:
            return sessions.role_client(service, self.role_arn, PRINCIPAL, self.session_name)
        except sessions.RoleError as problem:
            raise StateError(PERMISSIONS, str(problem)) from None


def prepare(integration: Integration, arguments: Any) -> dict[str, Any]:
    """The request of the call.

    Raises:
        StateFault: the arguments have a wrong type or name; the task is not begun, and no Retry or Catch sees it.
    """
    if not isinstance(arguments, dict):
        raise _unusable(arguments, "they must be an object")
    request = shapes.to_request(integration, arguments)
    wrong = shapes.wrong_types(integration, request)
    if wrong:
        raise _unusable(arguments, wrong)
    return request


def call(caller: Caller, integration: Integration, arguments: Any) -> Any:
    """Make the call.

    Raises:
        StateError: named as on AWS.
    """
    request = prepare(integration, arguments)
    refusal = shapes.refusal(integration, request)
    if refusal:
        raise StateError(integration.error_name(VALIDATION), integration.cause(refusal, VALIDATION, str(uuid.uuid4())))
    client = caller.client(integration.client_name)
    try:
        response = getattr(client, xform_name(integration.operation.name))(**request)
        result = shapes.from_response(integration, response)
    except ParamValidationError as problem:
        raise _unusable(arguments, str(problem)) from None
    except ClientError as problem:
        raise _service_error(integration, problem) from None
    except BotoCoreError as problem:
        raise StateError(f"{integration.error_prefix}.SdkClientException", str(problem)) from None
    return _finished(integration, result)


def _unusable(arguments: Any, why: str) -> StateFault:
    text = f"The Arguments '{dumped(arguments)}' could not be used to start the Task: [{why}]"
    return StateFault(RUNTIME, text)


def _service_error(integration: Integration, problem: ClientError) -> StateError:
    error, metadata = problem.response["Error"], problem.response.get("ResponseMetadata", {})
    code = error["Code"]
    return StateError(
        integration.error_name(code),
        integration.cause(
            error.get("Message", ""),
            code,
            metadata.get("RequestId") or "-",
            metadata.get("HTTPStatusCode", 400),
            metadata.get("HostId") or metadata.get("HTTPHeaders", {}).get("x-amz-id-2"),
        ),
    )


def _finished(integration: Integration, result: dict[str, Any]) -> Any:
    """Finish a response as only optimised integrations do."""
    if not integration.optimised:
        return result
    if integration.service == "lambda":
        return _function_result(result)
    if integration.service == "events" and result.get("FailedEntryCount"):
        raise StateError("EventBridge.FailedEntry", dumped(result))
    return result


def _function_result(result: dict[str, Any]) -> dict[str, Any]:
    text = result.get("Payload") or ""
    payload = json.loads(text) if text else None
    if result.get("FunctionError"):
        kind = payload.get("errorType") if isinstance(payload, dict) else None
        raise StateError(kind or UNKNOWN_FUNCTION_ERROR, dumped(payload))
    kept = {name: result[name] for name in ("ExecutedVersion", "StatusCode") if name in result}
    return {**kept, "Payload": payload}
