"""One service task: an API call over HTTP, with the machine's role, under the names that AWS gives to its errors."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError

from rehearsal.emulator import sessions
from rehearsal.emulator.stepfunctions import shapes
from rehearsal.emulator.stepfunctions.errors import PERMISSIONS, RUNTIME, StateError
from rehearsal.emulator.stepfunctions.resources import Integration

PRINCIPAL = "states.amazonaws.com"
UNKNOWN_FUNCTION_ERROR = "Lambda.Unknown"


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


def call(caller: Caller, integration: Integration, arguments: Any) -> Any:
    """Make the call.

    Raises:
        StateError: named as on AWS.
    """
    if not isinstance(arguments, dict):
        raise StateError(RUNTIME, f"The Arguments of {integration.resource} must be an object")
    client = caller.client(integration.client_name)
    request = shapes.to_request(integration, arguments)
    try:
        response = getattr(client, xform_name(integration.operation.name))(**request)
        result = shapes.from_response(integration, response)
    except ParamValidationError as problem:
        raise StateError(RUNTIME, f"The Arguments could not be used to start the Task: {problem}") from None
    except ClientError as problem:
        code = problem.response["Error"]["Code"]
        raise StateError(integration.error_name(code), _cause(integration, problem)) from None
    except BotoCoreError as problem:
        raise StateError(f"{integration.error_prefix}.SdkClientException", str(problem)) from None
    return _finished(integration, result)


def _finished(integration: Integration, result: dict[str, Any]) -> Any:
    """What only optimised integrations do with a response."""
    if not integration.optimised:
        return result
    if integration.service == "lambda":
        return _function_result(result)
    if integration.service == "events" and result.get("FailedEntryCount"):
        raise StateError("EventBridge.FailedEntry", json.dumps(result))
    return result


def _function_result(result: dict[str, Any]) -> dict[str, Any]:
    text = result.get("Payload") or ""
    payload = json.loads(text) if text else None
    if result.get("FunctionError"):
        kind = payload.get("errorType") if isinstance(payload, dict) else None
        raise StateError(kind or UNKNOWN_FUNCTION_ERROR, json.dumps(payload))
    kept = {name: result[name] for name in ("ExecutedVersion", "StatusCode") if name in result}
    return {**kept, "Payload": payload}


def _cause(integration: Integration, problem: ClientError) -> str:
    """The message as the SDK inside Step Functions writes it."""
    error = problem.response["Error"]
    metadata = problem.response.get("ResponseMetadata", {})
    service = integration.error_prefix
    return (
        f"{error.get('Message', '')} (Service: {service}, Status Code: {metadata.get('HTTPStatusCode', 400)}, "
        f"Request ID: {metadata.get('RequestId', '-')}, Error Code: {error.get('Code')})"
    )
