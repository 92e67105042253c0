"""One door for SageMaker's operations: check, perform, answer in JSON 1.1."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from typing import Any

from rehearsal.emulator import sessions
from rehearsal.emulator.sagemaker import (
    access,
    autoscaling,
    domains,
    endpoint_configs,
    endpoints,
    invocations,
    models,
    packages,
    shapes,
    studio,
    supported,
    supported_values,
    tags,
    training,
    transform,
)
from rehearsal.emulator.sagemaker.errors import ServiceError

Response = tuple[int, dict[str, str], bytes]
Operation = Callable[[dict[str, Any]], dict[str, Any]]

logger = logging.getLogger("rehearsal.sagemaker")

OPERATIONS: dict[str, Operation] = {
    **training.OPERATIONS,
    **transform.OPERATIONS,
    **models.OPERATIONS,
    **endpoint_configs.OPERATIONS,
    **endpoints.OPERATIONS,
    **packages.OPERATIONS,
    **domains.OPERATIONS,
    **studio.OPERATIONS,
    **tags.OPERATIONS,
}


def call(operation: str, parameters: Mapping[str, Any], *, caller: str | None = None) -> dict[str, Any]:
    """Perform an operation; a caller that is None is the emulator itself, whom IAM is not asked about.

    Raises:
        ServiceError: with AWS's code and message.
    """
    if operation not in OPERATIONS:
        raise ServiceError("UnknownOperationException", f"the rehearsal's SageMaker does not play {operation}")
    given = {name: value for name, value in parameters.items() if value is not None}
    access.check_further(caller, operation, given)
    shapes.check("sagemaker", operation, given, supported.MEMBERS[operation])
    supported_values.check(operation, given)
    return shapes.answer("sagemaker", operation, OPERATIONS[operation](given))


async def handle_request(
    method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any]
) -> Response:
    """The handler that ministack's gateway calls for SageMaker and its runtime."""
    del query_params
    invocation = access.INVOCATION_PATH.match(path)
    if invocation and method == "POST":
        return await asyncio.to_thread(invocations.answer, invocation["endpoint"], headers, body)
    return await asyncio.to_thread(_answer, access.operation_of(headers) or f"{method} {path}", body, call)


async def handle_autoscaling(
    method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any]
) -> Response:
    """The handler that ministack's gateway calls for Application Auto Scaling."""
    del method, path, query_params
    operation = headers.get("x-amz-target", "").rsplit(".", 1)[-1]
    return await asyncio.to_thread(_answer, operation, body, autoscaling.call)


def _answer(operation: str, body: bytes, perform: Callable[..., dict[str, Any]]) -> Response:
    try:
        parameters = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return error_response(ServiceError("SerializationException", "the request is not JSON"))
    try:
        answer = perform(operation, parameters, caller=sessions.current_caller_arn())
    except ServiceError as error:
        return error_response(error)
    except Exception as error:
        logger.exception("%s failed", operation)
        return error_response(ServiceError("InternalFailure", f"{type(error).__name__}: {error}", 500))
    return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(answer).encode()


def error_response(error: ServiceError) -> Response:
    """The error as SageMaker sends it."""
    document = {"__type": error.code, "message": error.message, **error.details}
    headers = {"Content-Type": "application/x-amz-json-1.1", "x-amzn-errortype": error.code}
    return error.status, headers, json.dumps(document).encode()
