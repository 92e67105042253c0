"""InvokeEndpoint: the request goes to a server of the endpoint, is counted, and is captured when asked for."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

from rehearsal.emulator import settings
from rehearsal.emulator.sagemaker import capture, deployments, metrics
from rehearsal.emulator.sagemaker.errors import ServiceError, unsupported
from rehearsal.emulator.sagemaker.fleets import Variant
from rehearsal.emulator.sagemaker.model_server import InvocationTimeout, Reply
from rehearsal.emulator.sagemaker.store import Record, endpoints

Response = tuple[int, dict[str, str], bytes]

BODY_LIMIT = 6_291_456
PREFIX = "x-amzn-sagemaker-"
ATTRIBUTES = f"{PREFIX}custom-attributes"
VARIANT = f"{PREFIX}target-variant"
INFERENCE_ID = f"{PREFIX}inference-id"
PLAYED = (ATTRIBUTES, VARIANT, INFERENCE_ID)
ANSWERING = ("InService", "Updating", "SystemUpdating", "RollingBack")
MESSAGE_LENGTH = 1024


@dataclass(frozen=True)
class Request:
    """One invocation as it came in."""

    endpoint: str
    body: bytes
    content_type: str
    accept: str
    attributes: str | None
    variant: str | None
    inference_id: str | None


def answer(endpoint_name: str, headers: Mapping[str, str], body: bytes) -> Response:
    """The whole HTTP answer to an invocation."""
    try:
        return _invoke(_request(unquote(endpoint_name), headers, body))
    except ServiceError as error:
        document = {"message": error.message, "Message": error.message, **error.details}
        answer_headers = {"Content-Type": "application/json", "x-amzn-errortype": error.code}
        return error.status, answer_headers, json.dumps(document).encode()


def _request(endpoint_name: str, headers: Mapping[str, str], body: bytes) -> Request:
    for name in headers:
        if name.startswith(PREFIX) and name not in PLAYED:
            raise unsupported(f"the header {name} of InvokeEndpoint")
    if len(body) > BODY_LIMIT:
        raise _wrong(f"Request body size {len(body)} exceeds the limit of {BODY_LIMIT} bytes")
    return Request(
        endpoint=endpoint_name,
        body=body,
        content_type=headers.get("content-type", "application/octet-stream"),
        accept=headers.get("accept", "*/*"),
        attributes=headers.get(ATTRIBUTES),
        variant=headers.get(VARIANT),
        inference_id=headers.get(INFERENCE_ID),
    )


def _invoke(request: Request) -> Response:
    record = endpoints.find(request.endpoint)
    if record is None or record["EndpointStatus"] not in ANSWERING or request.endpoint not in deployments.traffic:
        raise _wrong(f"Endpoint {request.endpoint} of account {settings.account_id()} not found.")
    received = time.monotonic()
    fleet, variant = deployments.traffic[request.endpoint].choose(request.variant)
    if variant is None:
        raise _wrong(f"Variant {request.variant} of endpoint {request.endpoint} not found.")
    started = time.monotonic()
    reply = _ask(request, variant)
    model_seconds = time.monotonic() - started
    metrics.publish_invocation(
        endpoint=request.endpoint,
        variant=variant.name,
        config=fleet.config_name,
        status=reply.status if reply else 500,
        model_seconds=model_seconds,
        overhead_seconds=time.monotonic() - received - model_seconds,
    )
    if reply is None or reply.status >= 400:
        raise _model_error(request, reply)
    _capture(request, reply, variant, record.get("_capture"))
    headers = {"Content-Type": reply.content_type, "x-Amzn-Invoked-Production-Variant": variant.name}
    if reply.custom_attributes:
        headers["X-Amzn-SageMaker-Custom-Attributes"] = reply.custom_attributes
    return 200, headers, reply.body


def _ask(request: Request, variant: Variant) -> Reply | None:
    """The container's reply; None when it took too long."""
    try:
        return variant.server.invoke(
            request.body,
            content_type=request.content_type,
            accept=request.accept,
            attributes=request.attributes,
        )
    except InvocationTimeout:
        return None


def _model_error(request: Request, reply: Reply | None) -> ServiceError:
    group = f"/aws/sagemaker/Endpoints/{request.endpoint}"
    arn = f"arn:aws:logs:{settings.region()}:{settings.account_id()}:log-group:{group}"
    if reply is None:
        text = "Your invocation timed out while waiting for a response from container primary."
        return ServiceError("ModelError", text, 424, OriginalStatusCode=0, OriginalMessage=text, LogStreamArn=arn)
    side = "server" if reply.status >= 500 else "client"
    said = reply.body.decode("utf-8", "replace")[:MESSAGE_LENGTH]
    text = (
        f'Received {side} error ({reply.status}) from primary with message "{said}". See log group {group} in account'
        f" {settings.account_id()} for more information."
    )
    return ServiceError(
        "ModelError", text, 424, OriginalStatusCode=reply.status, OriginalMessage=said, LogStreamArn=arn
    )


def _capture(request: Request, reply: Reply, variant: Variant, config: Record | None) -> None:
    capture.keep(
        config,
        endpoint=request.endpoint,
        variant=variant.name,
        role_arn=variant.model["ExecutionRoleArn"],
        sent=(request.content_type, request.body),
        answered=(reply.content_type, reply.body),
        inference_id=request.inference_id,
        attributes=request.attributes,
    )


def _wrong(message: str) -> ServiceError:
    return ServiceError("ValidationError", message)
