"""The questions that requests put to IAM, where ministack asks about a wrong resource, too few, or none at all."""

from __future__ import annotations

import contextvars
import json
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl

from ministack import app
from ministack.core import iam_actions, iam_evaluator
from ministack.services import ec2, efs

from rehearsal.emulator import calls, permissions, reserved, responses, tagging
from rehearsal.emulator.questions import Document, conditions, resources

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.app": ("_dispatch_service_request", "_routing_params", "detect_service"),
    "ministack.core.iam_actions": ("_BOTOCORE_SERVICE_MAP", "extract_iam_action", "extract_resource_arn"),
    "ministack.core.iam_evaluator": ("EvalResult", "enforce", "request_caller_arn"),
    "ministack.services.ec2": ("_tags",),
    "ministack.services.efs": ("_file_systems",),
}


NO_REQUEST: Document = MappingProxyType({})
_request: contextvars.ContextVar[Document] = contextvars.ContextVar("rehearsal_request", default=NO_REQUEST)


def install() -> None:
    """Correct the resource, then ask the further questions. Runs after the call log watches IAM."""
    app._dispatch_service_request = _remembering(app._dispatch_service_request)
    iam_actions._BOTOCORE_SERVICE_MAP["lambda"] = ["lambda"]
    stock_resource, stock_enforce = iam_actions.extract_resource_arn, iam_evaluator.enforce

    def extract_resource_arn(
        service: str, method: str, path: str, headers: dict[str, str], body: bytes, *more: Any, **options: Any
    ) -> str:
        action = iam_actions.extract_iam_action(service, method, path, headers, body, more[0] if more else {}) or ""
        corrected = resources(action, _request.get())
        return corrected[0] if corrected else stock_resource(service, method, path, headers, body, *more, **options)

    def enforce(
        access_key_id: str,
        iam_action: str,
        service: str,
        region: str,
        resource_arn: str = "*",
        service_context: dict[str, Any] | None = None,
    ) -> Any:
        document = _request.get()
        context = {**(service_context or {}), **conditions(iam_action, document), **_tags(resource_arn)}
        asked = [(iam_action, resource) for resource in (resource_arn, *resources(iam_action, document)[1:])]
        tags = tagging.tagging_action(iam_action, document)
        if tags is not None:
            asked.append((tags, tagging.tagged_resource(resource_arn)))
        if reserved.is_reserved(iam_action, document):
            return iam_evaluator.EvalResult("ImplicitDeny", iam_evaluator.request_caller_arn({}, {}))
        for action, resource in asked:
            denied = stock_enforce(
                access_key_id, action, service, region, resource_arn=resource, service_context=context
            )
            if denied is not None:
                return denied
        return None

    iam_actions.extract_resource_arn = extract_resource_arn
    iam_evaluator.enforce = enforce


def _tags(resource_arn: str) -> dict[str, str]:
    """The tags of an EC2 resource or of a file system, which ministack does not look up."""
    name = resource_arn.rsplit("/", 1)[-1]
    if resource_arn.startswith("arn:aws:elasticfilesystem:"):
        tags, keys = (efs._file_systems.get(name) or {}).get("Tags") or [], ("aws:ResourceTag",)
    elif resource_arn.startswith("arn:aws:ec2:"):
        tags, keys = ec2._tags.get(name) or [], ("aws:ResourceTag", "ec2:ResourceTag")
    else:
        return {}
    return {f"{key}/{tag['Key']}": str(tag["Value"]) for key in keys for tag in tags}


def _remembering(handle: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def remembering(
        method: str, path: str, headers: dict[str, str], body: bytes, query_params: Mapping[str, Any], *more: Any
    ) -> Any:
        unknown = _unknown(method, path, headers, body, query_params)
        if unknown is not None:
            return unknown
        token = _request.set(_document(path, headers, body, query_params))
        try:
            return await handle(method, path, headers, body, query_params, *more)
        finally:
            _request.reset(token)

    return remembering


def _unknown(
    method: str, path: str, headers: dict[str, str], body: bytes, query_params: Mapping[str, Any]
) -> responses.Response | None:
    """ministack lets pass what it has no action for. A role has no permission for it, so it is refused here."""
    parameters = app._routing_params(method, path, headers, body, dict(query_params))
    service = app.detect_service(method, path, headers, parameters)
    if iam_actions.extract_iam_action(service, method, path, headers, body, parameters) is not None:
        return None
    caller = iam_evaluator.request_caller_arn(headers, dict(query_params))
    if permissions.assumed_role_name(caller) is None:
        return None
    message = f"User: {caller} is not authorized: the rehearsal knows no permission for {method} {path} of {service}"
    calls.record(caller, f"{service}:?", path, allowed=False, error=message)
    return responses.json_error("AccessDeniedException", message, 403)


def _document(path: str, headers: Mapping[str, str], body: bytes, query_params: Mapping[str, Any]) -> Document:
    """The request's parameters, whichever form they came in."""
    if "/event-source-mappings/" in path:
        return {"UUID": path.rsplit("/event-source-mappings/", 1)[1].strip("/")}
    if "/mount-targets/" in path:
        return {"MountTargetId": path.rsplit("/", 1)[-1]}
    if body[:1] == b"{":
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            document = {}
        return document if isinstance(document, dict) else {}
    document = {key: value[0] if isinstance(value, list) and value else value for key, value in query_params.items()}
    if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        document.update(parse_qsl(body.decode("utf-8", "replace")))
    if "x-amz-tagging" in headers:
        document["x-amz-tagging"] = headers["x-amz-tagging"]
    return document
