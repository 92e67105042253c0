"""Functions in a VPC lose their network interfaces when nobody calls them for long, and the next call fails.

Lambda's guide (Monitoring the state of a function; Giving functions access to a VPC): an idle function becomes
Inactive; the invocation that finds it so, and all further ones until the interfaces are back, fail with
ResourceNotReadyException, while the function is Pending. The code and its words are those of Lambda's API model.
POST {"advance_seconds": n} to /_rehearsal/clock lets time pass.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from ministack.services import lambda_svc

from rehearsal.emulator import clock
from rehearsal.emulator.administration import Refused, answer_at, ok, read_object
from rehearsal.emulator.responses import Response, json_error

PATH = "/_rehearsal/clock"
MOST_SECONDS = 10 * 365 * 24 * 3600
ALLOWED = f'POST {{"advance_seconds": n}} with n from 0 to {MOST_SECONDS}'
IDLE_SECONDS = 14 * 24 * 3600.0
RESTORING_SECONDS = 75.0
"""AWS's Compute blog: the creation of network interfaces takes 60 to 90 seconds."""
MESSAGE = (
    "The function is inactive and its VPC connection is no longer available."
    " Wait for the VPC connection to reestablish and try again."
)

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.lambda_svc": ("_functions", "_invoke"),
}

_last_called: dict[str, float] = {}
_ready_at: dict[str, float] = {}
_lock = threading.Lock()


def install() -> None:
    """Stand before synchronous invocations; `refusal` is asked by all others."""
    lambda_svc._invoke = _awake(lambda_svc._invoke)
    answer_at(PATH, _advance)


def refusal(config: dict[str, Any]) -> str | None:
    """Why the function cannot be invoked now, or None. Asking counts as an invocation and wakes it up."""
    arn, now = str(config["FunctionArn"]), clock.now()
    if not in_network(config):
        return None
    with _lock:
        if arn in _ready_at:
            if now < _ready_at[arn]:
                return MESSAGE
            del _ready_at[arn]
            _mark(config, "Active")
        elif now - _last_called.get(arn, now) >= IDLE_SECONDS:
            _ready_at[arn] = now + RESTORING_SECONDS
            _mark(config, "Pending", "Restoring", "The function is being restored.")
            return MESSAGE
        _last_called[arn] = now
    return None


def remember(config: dict[str, Any]) -> None:
    """A new or changed function begins with its interfaces in place."""
    with _lock:
        _last_called[str(config["FunctionArn"])] = clock.now()
        _ready_at.pop(str(config["FunctionArn"]), None)


def in_network(config: dict[str, Any]) -> bool:
    """Whether the function has interfaces in a VPC."""
    return bool((config.get("VpcConfig") or {}).get("SubnetIds"))


def sweep() -> None:
    """Show which functions have been idle for too long."""
    with _lock:
        for record in list(lambda_svc._functions.values()):
            config = record["config"]
            idle = clock.now() - _last_called.get(config["FunctionArn"], clock.now()) >= IDLE_SECONDS
            if in_network(config) and idle and config["FunctionArn"] not in _ready_at:
                _mark(config, "Inactive", "Idle", "The function has been idle for too long.")


def _mark(config: dict[str, Any], state: str, code: str = "", reason: str = "") -> None:
    config.update({"State": state, "StateReasonCode": code, "StateReason": reason})


def _awake(invoke: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def awake(name: str, event: Any, headers: dict[str, str], *more: Any, **options: Any) -> Any:
        record = lambda_svc._functions.get(name)
        kind = headers.get("x-amz-invocation-type") or headers.get("X-Amz-Invocation-Type") or "RequestResponse"
        if record is not None and kind == "RequestResponse" and refusal(record["config"]):
            return json_error("ResourceNotReadyException", MESSAGE, 502)
        return await invoke(name, event, headers, *more, **options)

    return awake


def _advance(method: str, rest: str, body: bytes) -> Response:
    if method != "POST" or rest:
        raise Refused(f"{method} {f'{PATH}/{rest}'.rstrip('/')} means nothing; {ALLOWED}", 404)
    given = read_object(body, allowed=ALLOWED)
    seconds = given.get("advance_seconds")
    number = seconds if isinstance(seconds, int | float) and not isinstance(seconds, bool) else -1
    # Of what is no number at all (NaN) no comparison is true.
    if given.keys() != {"advance_seconds"} or not 0 <= number <= MOST_SECONDS:
        raise Refused(f"the body is {json.dumps(given)[:100]}; allowed: {ALLOWED}")
    clock.advance(number)
    sweep()
    return ok({"now": clock.now()})
