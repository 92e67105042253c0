"""iam:PassRole, with iam:PassedToService, wherever a request hands a role to a service."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from ministack import app
from ministack.core import iam_actions

from rehearsal.emulator import sessions, settings

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.app": ("SERVICE_HANDLERS",),
    "ministack.core.iam_actions": ("access_denied_response", "extract_iam_action"),
}

# Action -> (where the role stands in the request, the service that will assume it). A dot descends, [] goes through a
# list.
PASSED_ROLES: dict[str, tuple[tuple[str, str], ...]] = {
    "lambda:CreateFunction": (("Role", "lambda.amazonaws.com"),),
    "lambda:UpdateFunctionConfiguration": (("Role", "lambda.amazonaws.com"),),
    "states:CreateStateMachine": (("roleArn", "states.amazonaws.com"),),
    "states:UpdateStateMachine": (("roleArn", "states.amazonaws.com"),),
    "glue:CreateJob": (("Role", "glue.amazonaws.com"),),
    "glue:UpdateJob": (("JobUpdate.Role", "glue.amazonaws.com"),),
    "glue:CreateCrawler": (("Role", "glue.amazonaws.com"),),
    "glue:UpdateCrawler": (("Role", "glue.amazonaws.com"),),
    "sagemaker:CreateTrainingJob": (("RoleArn", "sagemaker.amazonaws.com"),),
    "sagemaker:CreateProcessingJob": (("RoleArn", "sagemaker.amazonaws.com"),),
    "sagemaker:CreateModel": (("ExecutionRoleArn", "sagemaker.amazonaws.com"),),
    "sagemaker:CreateEndpointConfig": (("ExecutionRoleArn", "sagemaker.amazonaws.com"),),
    "sagemaker:CreateDomain": (("DefaultUserSettings.ExecutionRole", "sagemaker.amazonaws.com"),),
    "sagemaker:UpdateDomain": (("DefaultUserSettings.ExecutionRole", "sagemaker.amazonaws.com"),),
    "sagemaker:CreateUserProfile": (("UserSettings.ExecutionRole", "sagemaker.amazonaws.com"),),
    "sagemaker:UpdateUserProfile": (("UserSettings.ExecutionRole", "sagemaker.amazonaws.com"),),
    "events:PutRule": (("RoleArn", "events.amazonaws.com"),),
    "events:PutTargets": (("Targets.[].RoleArn", "events.amazonaws.com"),),
}
SERVICES = ("lambda", "states", "glue", "sagemaker", "events")

Handler = Callable[..., Coroutine[Any, Any, Any]]


def install() -> None:
    """Put the check before every handler that may be handed a role. Runs after all services are in place."""
    handlers: dict[str, Any] = app.SERVICE_HANDLERS
    for service in SERVICES:
        handlers[service] = _guarded(service, handlers[service])


def roles_in(action: str, body: bytes) -> list[tuple[str, str]]:
    """The roles that a request hands over, each with the service that gets it."""
    document = _document(body)
    return [
        (_role_arn(role), service)
        for path, service in PASSED_ROLES.get(action, ())
        for role in _values(document, path.split("."))
    ]


def _guarded(service: str, handle: Handler) -> Handler:
    async def guarded(
        method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any], **options: Any
    ) -> Any:
        action = iam_actions.extract_iam_action(service, method, path, headers, body, query_params) or ""
        caller = sessions.current_caller_arn()
        for role_arn, principal in roles_in(action, body):
            try:
                sessions.check_pass_role(caller, role_arn, principal)
            except sessions.PassRoleDenied as denied:
                return iam_actions.access_denied_response(
                    service,
                    "iam:PassRole",
                    str(caller),
                    "",
                    headers=headers,
                    resource_arn=role_arn,
                    error_code="AccessDeniedException",
                    message=str(denied),
                )
        return await handle(method, path, headers, body, query_params, **options)

    return guarded


def _document(body: bytes) -> Any:
    try:
        return json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return {}


def _values(document: Any, path: list[str]) -> Iterator[str]:
    if not path:
        if isinstance(document, str) and document:
            yield document
        return
    if path[0] == "[]":
        for item in document if isinstance(document, list) else []:
            yield from _values(item, path[1:])
    elif isinstance(document, dict) and path[0] in document:
        yield from _values(document[path[0]], path[1:])


def _role_arn(role: str) -> str:
    """Glue takes a role's name in place of its ARN."""
    return role if role.startswith("arn:") else f"arn:aws:iam::{settings.account_id()}:role/{role}"
