"""Data capture: requests and answers of an endpoint as JSON Lines in S3, written with the model's role."""

from __future__ import annotations

import base64
import json
import logging
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rehearsal.emulator import clock
from rehearsal.emulator.sagemaker import objects, roles
from rehearsal.emulator.sagemaker.objects import DataError
from rehearsal.emulator.sagemaker.store import Record

FLUSH_SECONDS = 60.0

logger = logging.getLogger("rehearsal.sagemaker")


@dataclass
class Buffer:
    """Lines of one endpoint's variant that wait for being written together."""

    config: Record
    role_arn: str
    lines: list[str] = field(default_factory=list)


_lock = threading.Lock()
_buffers: dict[tuple[str, str], Buffer] = {}
_seen: dict[str, int] = {}


def summary(config: Record | None) -> Record | None:
    """The configuration as DescribeEndpoint shows it."""
    if not config:
        return None
    enabled = bool(config.get("EnableCapture", True))
    return {
        "EnableCapture": enabled,
        "CaptureStatus": "Started" if enabled else "Stopped",
        "CurrentSamplingPercentage": config["InitialSamplingPercentage"],
        "DestinationS3Uri": config["DestinationS3Uri"],
        "KmsKeyId": config.get("KmsKeyId", ""),
    }


def keep(
    config: Record | None,
    *,
    endpoint: str,
    variant: str,
    role_arn: str,
    sent: tuple[str, bytes],
    answered: tuple[str, bytes],
    inference_id: str | None,
    attributes: str | None,
) -> None:
    """Remember one exchange, if the configuration wants it; it is written a minute of AWS's time later."""
    if not config or not config.get("EnableCapture", True) or not _is_sampled(endpoint, config):
        return
    line = json.dumps(_event(config, sent, answered, inference_id, attributes))
    with _lock:
        buffer = _buffers.get((endpoint, variant))
        if buffer is None:
            buffer = _buffers[(endpoint, variant)] = Buffer(config, role_arn)
            _later(clock.shortened(FLUSH_SECONDS), lambda: flush(endpoint))
        buffer.lines.append(line)


def flush(endpoint: str) -> None:
    """Write what was remembered of an endpoint."""
    with _lock:
        ready = [(key, _buffers.pop(key)) for key in list(_buffers) if key[0] == endpoint]
    for (name, variant), buffer in ready:
        now = datetime.now(UTC)
        folder = now.strftime("%Y/%m/%d/%H")
        file_name = f"{now:%M-%S}-{now.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"
        target = objects.below(buffer.config["DestinationS3Uri"], name, variant, folder, file_name)
        content = "".join(f"{line}\n" for line in buffer.lines).encode()
        try:
            objects.write(roles.Role(buffer.role_arn), target, content, buffer.config.get("KmsKeyId"))
        except (DataError, roles.sessions.RoleError) as error:
            # The endpoint goes on answering on AWS as well when captured data cannot be written.
            logger.warning("data capture of endpoint %s was not written: %s", name, error)


def _later(seconds: float, function: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, function)
    timer.daemon = True
    timer.start()


def _is_sampled(endpoint: str, config: Record) -> bool:
    """Every n-th exchange by count, so that the sample is the same each time."""
    percent = int(config["InitialSamplingPercentage"])
    with _lock:
        number = _seen[endpoint] = _seen.get(endpoint, 0) + 1
    return number * percent // 100 > (number - 1) * percent // 100


def _event(
    config: Record,
    sent: tuple[str, bytes],
    answered: tuple[str, bytes],
    inference_id: str | None,
    attributes: str | None,
) -> Record:
    modes = {option["CaptureMode"] for option in config["CaptureOptions"]}
    headers = config.get("CaptureContentTypeHeader") or {}
    captured: dict[str, Any] = {}
    if modes & {"Input", "InputAndOutput"}:
        captured["endpointInput"] = _side("INPUT", *sent, headers)
    if modes & {"Output", "InputAndOutput"}:
        captured["endpointOutput"] = _side("OUTPUT", *answered, headers)
    metadata: dict[str, Any] = {
        "eventId": str(uuid.uuid4()),
        "inferenceTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }
    if inference_id:
        metadata["inferenceId"] = inference_id
    if attributes:
        metadata["customAttributes"] = [attributes]
    return {"captureData": captured, "eventMetadata": metadata, "eventVersion": "0"}


def _side(mode: str, content_type: str, body: bytes, headers: Record) -> Record:
    media_type = content_type.split(";", 1)[0].strip()
    common = {"observedContentType": content_type, "mode": mode}
    if media_type in headers.get("CsvContentTypes", []):
        return {**common, "data": body.decode("utf-8", "replace"), "encoding": "CSV"}
    if media_type in headers.get("JsonContentTypes", []):
        return {**common, "data": body.decode("utf-8", "replace"), "encoding": "JSON"}
    return {**common, "data": base64.b64encode(body).decode("ascii"), "encoding": "BASE64"}
