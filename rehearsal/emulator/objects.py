"""S3's events on EventBridge, with the members and the time as AWS writes them."""

from __future__ import annotations

import contextvars
import json
from datetime import UTC, datetime
from typing import Any

from ministack.services import eventbridge, s3

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.eventbridge": ("_dispatch_event",),
    "ministack.services.s3": ("_bucket_versioning", "_buckets", "_fire_s3_event"),
}

_version: contextvars.ContextVar[str | None] = contextvars.ContextVar("rehearsal_object_version", default=None)


def install() -> None:
    """Complete the events on their way from S3 to the rules."""
    fire, dispatch = s3._fire_s3_event, eventbridge._dispatch_event

    def fired(bucket_name: str, key: str, event_name: str, *more: Any, **options: Any) -> None:
        token = _version.set(options.get("version_id") or _current_version(bucket_name, key, event_name))
        try:
            fire(bucket_name, key, event_name, *more, **options)
        finally:
            _version.reset(token)

    def dispatched(event: dict[str, Any], *more: Any, **options: Any) -> None:
        if event.get("Source") == "aws.s3":
            event = completed(event, _version.get())
        dispatch(event, *more, **options)

    s3._fire_s3_event = fired
    eventbridge._dispatch_event = dispatched


def completed(event: dict[str, Any], version_id: str | None) -> dict[str, Any]:
    """The event as AWS shapes it: the object's version, no etag of what was deleted, whole seconds in its time."""
    detail = json.loads(event["Detail"])
    detail.pop("event-version", None)
    if event["DetailType"] == "Object Deleted":
        detail["object"] = {name: value for name, value in detail["object"].items() if name not in ("size", "etag")}
    if version_id:
        detail["object"]["version-id"] = version_id
    moment = datetime.fromisoformat(str(event["Time"]).replace("Z", "+00:00")).astimezone(UTC)
    return {**event, "Detail": json.dumps(detail), "Time": moment.strftime("%Y-%m-%dT%H:%M:%SZ")}


def _current_version(bucket_name: str, key: str, event_name: str) -> str | None:
    if not event_name.startswith("s3:ObjectCreated:") or s3._bucket_versioning.get(bucket_name) != "Enabled":
        return None
    record = (s3._buckets.get(bucket_name) or {}).get("objects", {}).get(key) or {}
    version = record.get("version_id")
    return str(version) if version else None
