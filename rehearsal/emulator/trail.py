"""CloudTrail's event history: LookupEvents over the management events of this account.

Which calls are data events, and so are not in the history, is told by CloudTrail's user guide ("Logging data events");
ministack's own recording knows neither roles nor errors.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
import uuid
from collections import deque
from datetime import UTC, datetime
from typing import Any

from ministack.services import cloudtrail

from rehearsal.emulator import settings

KEPT_EVENTS = 100_000
PAGE_EVENTS = 50
# `eventSource` is the prefix that IAM uses: for a few services CloudTrail has another word, such as `monitoring`.
# The calls of these are data events, each and every one that the platform's roles make.
DATA_SERVICES = ("s3", "sqs", "xray")
DATA_ACTIONS = (
    "lambda:InvokeFunction",
    "sns:Publish",
    "events:PutEvents",
    "cloudwatch:PutMetricData",
    "logs:PutLogEvents",
    "sagemaker:InvokeEndpoint",
    *(f"dynamodb:{verb}Item" for verb in ("Get", "Put", "Update", "Delete", "BatchGet", "BatchWrite")),
    "dynamodb:Query",
    "dynamodb:Scan",
    "dynamodb:ConditionCheckItem",
)
# Asked of IAM on the way of another call; no call of their own.
PERMISSIONS_ONLY = ("iam:PassRole", "sagemaker:AddTags")
PRIVATE_NAMES: dict[str, tuple[str, ...]] = {"ministack.services.cloudtrail": ("_DISPATCH", "_err", "_ok")}

_events: deque[dict[str, Any]] = deque(maxlen=KEPT_EVENTS)
_lock = threading.Lock()


def install() -> None:
    """Answer LookupEvents from what `note` was told."""
    cloudtrail._DISPATCH["LookupEvents"] = lookup


def is_management_event(action: str) -> bool:
    """Tell whether CloudTrail keeps the call in its history without being asked to."""
    return action.partition(":")[0] not in DATA_SERVICES and action not in (*DATA_ACTIONS, *PERMISSIONS_ONLY)


def note(caller: str, action: str, *, allowed: bool, error: str | None) -> None:
    """Keep one call of an assumed role."""
    if ":assumed-role/" not in caller or not is_management_event(action):
        return
    service, _, operation = action.partition(":")
    role, session = caller.split(":assumed-role/", 1)[1].split("/", 1)
    now, source = time.time(), f"{service}.amazonaws.com"
    told: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": _identity(caller, role),
        "eventTime": datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": source,
        "eventName": operation,
        "awsRegion": settings.region(),
        "eventCategory": "Management",
    }
    if not allowed:
        told["errorCode"] = "AccessDenied"
    elif error:
        told["errorCode"] = error
    event = {
        "EventId": str(uuid.uuid4()),
        "EventName": operation,
        "EventSource": source,
        "EventTime": now,
        "Username": session,
        "CloudTrailEvent": json.dumps(told),
    }
    with _lock:
        _events.append(event)


def _identity(caller: str, role: str) -> dict[str, Any]:
    """The caller as CloudTrail names a session, with the role that it was assumed from."""
    account = settings.account_id()
    issuer = {"type": "Role", "arn": f"arn:aws:iam::{account}:role/{role}", "userName": role}
    return {
        "type": "AssumedRole",
        "arn": caller,
        "accountId": account,
        "sessionContext": {"sessionIssuer": issuer},
    }


def lookup(body: dict[str, Any]) -> Any:
    """LookupEvents, newest first. Attributes other than the event's name are refused."""
    wanted = {one["AttributeKey"]: one["AttributeValue"] for one in body.get("LookupAttributes", [])}
    if set(wanted) - {"EventName"}:
        return cloudtrail._err("InvalidLookupAttributesException", f"this history is not looked up by {sorted(wanted)}")
    start, end = float(body.get("StartTime") or 0), float(body.get("EndTime") or time.time())
    with _lock:
        newest_first = list(reversed(_events))
    found = (
        event
        for event in newest_first
        if start <= event["EventTime"] <= end and wanted.get("EventName") in (None, event["EventName"])
    )
    skipped = int(body.get("NextToken") or 0)
    page = list(itertools.islice(found, skipped, skipped + PAGE_EVENTS + 1))
    more = {"NextToken": str(skipped + PAGE_EVENTS)} if len(page) > PAGE_EVENTS else {}
    return cloudtrail._ok({"Events": page[:PAGE_EVENTS], **more})
