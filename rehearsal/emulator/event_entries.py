"""PutEvents: each entry is taken or refused by itself, with EventBridge's own codes and words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ministack.core.responses import get_account_id, get_region, json_response, new_uuid
from ministack.services import eventbridge

from rehearsal.emulator.responses import Response, json_error

LARGEST_REQUEST_BYTES = 1024 * 1024
MOST_ENTRIES = 10
TIME_BYTES = 14
REQUIRED = ("Source", "DetailType", "Detail")

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.eventbridge": (
        "_archive_event",
        "_dispatch_event",
        "_event_bus_name_from_ref",
        "_events_log_list",
        "_now_ts",
        "_pattern_event_view",
        "_put_events",
    ),
}


def install() -> None:
    """Replace ministack's, which takes entries that EventBridge refuses and dates every event itself."""
    eventbridge._put_events = put_events


def put_events(data: Mapping[str, Any], allow_aws_source: bool = False) -> Response:
    """Send what can be sent; only services of the emulator itself may name a source of AWS."""
    entries = data.get("Entries") or []
    if len(entries) > MOST_ENTRIES:
        return json_error(
            "ValidationException",
            f"1 validation error detected: Value '{entries}' at 'entries' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MOST_ENTRIES}",
        )
    if sum(map(size, entries)) >= LARGEST_REQUEST_BYTES:
        return json_error("ValidationException", "Total size of the entries in the request is over the limit.")
    answers = [_put(entry, allow_aws_source) for entry in entries]
    failed = sum("ErrorCode" in answer for answer in answers)
    response: Response = json_response({"FailedEntryCount": failed, "Entries": answers})
    return response


def size(entry: Mapping[str, Any]) -> int:
    """Bytes of an entry as EventBridge counts them."""
    texts = [*(str(entry.get(name) or "") for name in REQUIRED), *(entry.get("Resources") or [])]
    return sum(len(text.encode()) for text in texts) + (TIME_BYTES if entry.get("Time") is not None else 0)


def refusal(entry: Mapping[str, Any], allow_aws_source: bool) -> tuple[str, str] | None:
    """Code and message with which EventBridge refuses the entry, or None."""
    for name in REQUIRED:
        if not entry.get(name):
            return "InvalidArgument", f"Parameter {name} is not valid. Reason: {name} is a required argument."
    if not _is_object(str(entry["Detail"])):
        return "MalformedDetail", "Detail is malformed."
    if not allow_aws_source and str(entry["Source"]).startswith("aws."):
        return "NotAuthorizedForSourceException", "Not authorized for the source."
    return None


def _put(entry: Mapping[str, Any], allow_aws_source: bool) -> dict[str, str]:
    bus, problem = eventbridge._event_bus_name_from_ref(entry.get("EventBusName", "default"))
    problem = problem or refusal(entry, allow_aws_source)
    if problem:
        return {"ErrorCode": problem[0], "ErrorMessage": problem[1]}
    time = entry.get("Time")
    event = {
        "EventId": new_uuid(),
        "Source": entry["Source"],
        "DetailType": entry["DetailType"],
        "Detail": entry["Detail"],
        "EventBusName": bus,
        # An event's time has whole seconds.
        "Time": int(eventbridge._now_ts() if time is None else time),
        "Resources": entry.get("Resources") or [],
        "Account": get_account_id(),
        "Region": get_region(),
    }
    eventbridge._events_log_list().append(event)
    view = eventbridge._pattern_event_view(event)
    eventbridge._dispatch_event(event, view)
    eventbridge._archive_event(event, view)
    return {"EventId": event["EventId"]}


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False
