"""Cost allocation tags, as Cost Explorer lists and activates them: a key counts in the bill once it is active.

Source: API reference of AWS Billing and Cost Management, ListCostAllocationTags and UpdateCostAllocationTagsStatus.
A key is listed here as soon as somebody has activated it; on AWS a day after its first use on a resource.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from ministack import app
from ministack.core import iam_evaluator

from rehearsal.emulator.responses import Response, json_error

TARGET = "AWSInsightsIndexService."
STATUSES = ("Active", "Inactive")
MOST_TAGS = 20
PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.app": ("_dispatch_service_request",),
    "ministack.core.iam_evaluator": ("request_caller_arn",),
}

_statuses: dict[str, str] = {}
_lock = threading.Lock()


def install() -> None:
    """Stand before ministack, which does not know this service."""
    app._dispatch_service_request = _with_billing(app._dispatch_service_request)


def _with_billing(handle: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def with_billing(
        method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any], *more: Any
    ) -> Any:
        target = headers.get("x-amz-target", "")
        if not target.startswith(TARGET):
            return await handle(method, path, headers, body, query_params, *more)
        caller = iam_evaluator.request_caller_arn(headers, query_params) or ""
        operation = target.removeprefix(TARGET)
        if ":assumed-role/" in caller:
            # No role of the platform has a statement about the bill.
            return json_error("AccessDeniedException", f"User: {caller} is not authorized to perform: ce:{operation}")
        return answer(operation, json.loads(body or b"{}"))

    return with_billing


def answer(operation: str, document: dict[str, Any]) -> Response:
    """The two operations about cost allocation tags; every other one is refused."""
    if operation == "UpdateCostAllocationTagsStatus":
        return _update(document.get("CostAllocationTagsStatus") or [])
    if operation == "ListCostAllocationTags":
        return _list(document)
    return json_error("ValidationException", f"the rehearsal does not know ce:{operation}")


def _update(entries: list[dict[str, Any]]) -> Response:
    if not 1 <= len(entries) <= MOST_TAGS or not all(map(_is_status, entries)):
        return json_error(
            "ValidationException", f"1 to {MOST_TAGS} entries with a TagKey and a Status: {' or '.join(STATUSES)}"
        )
    with _lock:
        _statuses.update({entry["TagKey"]: entry["Status"] for entry in entries})
    return _ok({"Errors": []})


def _is_status(entry: dict[str, Any]) -> bool:
    return bool(entry.get("TagKey")) and entry.get("Status") in STATUSES


def _list(document: dict[str, Any]) -> Response:
    wanted = document.get("TagKeys")
    with _lock:
        listed = [
            {"TagKey": key, "Type": "UserDefined", "Status": status}
            for key, status in sorted(_statuses.items())
            if (wanted is None or key in wanted) and document.get("Status") in (None, status)
        ]
    return _ok({"CostAllocationTags": listed if document.get("Type") in (None, "UserDefined") else []})


def _ok(document: dict[str, Any]) -> Response:
    return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(document).encode()
