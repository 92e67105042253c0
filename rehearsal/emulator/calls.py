"""The call log: who asked for what, and whether IAM allowed it. One JSON object a line, in the emulator's home."""

from __future__ import annotations

import contextvars
import json
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ministack import app
from ministack.core import iam_evaluator

from rehearsal.emulator import responses, settings, trail

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.app": ("_dispatch_service_request", "_handle_special_data_plane_request"),
    "ministack.core.iam_evaluator": ("AuthError", "enforce", "request_caller_arn"),
}

_lock = threading.Lock()


@dataclass(frozen=True)
class Check:
    """One question that a request put to IAM, and the answer."""

    action: str
    resource: str
    allowed: bool


_checks: contextvars.ContextVar[list[Check] | None] = contextvars.ContextVar("rehearsal_checks", default=None)


def record(caller: str, action: str, resource: str, *, allowed: bool, error: str | None = None) -> None:
    """Write one line. What the emulator checks on its own account comes here directly."""
    trail.note(caller, action, allowed=allowed, error=error)
    line = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "caller": caller,
        "action": action,
        "resource": resource,
        "decision": "allowed" if allowed else "denied",
        "error": error,
    }
    with _lock, settings.call_log().open("a", encoding="utf-8") as log:
        log.write(json.dumps(line) + "\n")


def install() -> None:
    """Watch every request and every question it puts to IAM."""
    _watch_checks()
    app._dispatch_service_request = _logged(app._dispatch_service_request)
    app._handle_special_data_plane_request = _logged(app._handle_special_data_plane_request)


def _watch_checks() -> None:
    enforce = iam_evaluator.enforce

    def watched(
        access_key_id: str, iam_action: str, service: str, region: str, resource_arn: str = "*", **more: Any
    ) -> Any:
        denied = enforce(access_key_id, iam_action, service, region, resource_arn=resource_arn, **more)
        checks = _checks.get()
        if checks is not None:
            checks.append(Check(iam_action, resource_arn, denied is None))
        return denied

    iam_evaluator.enforce = watched


def _logged(handle: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def logged(method: str, path: str, headers: dict[str, str], *more: Any, **options: Any) -> Any:
        checks: list[Check] = []
        token = _checks.set(checks)
        try:
            response = await handle(method, path, headers, *more, **options)
        finally:
            _checks.reset(token)
        if checks and response is not None:
            query = more[1] if len(more) > 1 else {}
            _write(iam_evaluator.request_caller_arn(headers, query), checks, responses.error_code(response))
        return response

    return logged


def _write(caller: str, checks: list[Check], error: str | None) -> None:
    for check in dict.fromkeys(checks):
        record(caller, check.action, check.resource, allowed=check.allowed, error=error)
