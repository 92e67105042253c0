"""Custom resources: the function answers CloudFormation's URL itself, within the time that the template gives it."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Mapping
from typing import Any

from ministack.services import lambda_svc
from ministack.services.cloudformation import custom_resource

from rehearsal.emulator import clock
from rehearsal.emulator.cloudformation.registry import ResourceRefused

LONGEST_TIMEOUT_SECONDS = 3600
RETRY_SECONDS = (60, 120)
SILENCE_SECONDS = 3.0
CHECK_SECONDS = 0.25

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.cloudformation.custom_resource": (
        "_lock",
        "_normalise_resource_properties",
        "_pending",
        "_response_url",
        "invoke_custom_resource",
        "register_token",
    ),
    "ministack.services.lambda_svc": (
        "_execute_function_with_config_scope",
        "_execution_record_for_config",
        "_get_func_record_for_ref",
        "executions_in_flight",
    ),
}

logger = logging.getLogger("rehearsal")


def install() -> None:
    """Replace ministack's call, which waits out the whole time when the function has already failed for good."""
    custom_resource.invoke_custom_resource = invoke


def invoke(
    request_type: str,
    logical_id: str,
    props: Mapping[str, Any],
    stack_name: str,
    stack_id: str,
    resource_type: str,
    physical_id: str | None = None,
    old_props: Mapping[str, Any] | None = None,
) -> tuple[str, dict[str, Any]]:
    """Send the event and wait for the answer. Blocks, so it runs on a thread of its own."""
    record, config, name = lambda_svc._get_func_record_for_ref(props.get("ServiceToken", ""))
    if record is None or config is None:
        raise ResourceRefused(f"Custom resource {logical_id}: there is no function {props.get('ServiceToken')}")
    token = uuid.uuid4().hex
    event = {
        "RequestType": request_type,
        "RequestId": uuid.uuid4().hex,
        "StackId": stack_id,
        "ResponseURL": custom_resource._response_url(token),
        "ResourceType": resource_type,
        "LogicalResourceId": logical_id,
        "ResourceProperties": custom_resource._normalise_resource_properties(dict(props)),
    }
    if physical_id is not None:
        event["PhysicalResourceId"] = physical_id
    if old_props is not None:
        event["OldResourceProperties"] = custom_resource._normalise_resource_properties(dict(old_props))
    answered = custom_resource.register_token(token)
    call = _Invocation(lambda_svc._execution_record_for_config(record, config), event, answered)
    call.start()
    try:
        _wait(answered, call, name, _timeout(props, logical_id), logical_id)
    finally:
        with custom_resource._lock:
            entry = custom_resource._pending.pop(token, None) or {}
    return _outcome(entry.get("result") or {}, physical_id or event["RequestId"])


class _Invocation(threading.Thread):
    """The asynchronous invocation: Lambda tries a failed one twice more, then drops the event."""

    def __init__(self, record: Mapping[str, Any], event: Mapping[str, Any], answered: threading.Event) -> None:
        super().__init__(daemon=True, name="rehearsal-custom-resource")
        self._record, self._event, self._answered = record, event, answered
        self.error: str | None = None

    def run(self) -> None:
        """Call the function until it ends without an error, at most three times."""
        for pause in (*RETRY_SECONDS, None):
            result = lambda_svc._execute_function_with_config_scope(dict(self._record), dict(self._event))
            if not result.get("error"):
                return
            body = result.get("body") or {}
            logger.warning("custom resource function failed: %s", body)
            if pause is None:
                self.error = f"{body.get('errorType')}: {body.get('errorMessage')}"
                return
            if self._answered.wait(clock.shortened(pause)):
                return


def _wait(answered: threading.Event, call: _Invocation, function_name: str, timeout: float, logical_id: str) -> None:
    """Until the answer, the timeout, or the moment when nobody is left who could answer."""
    deadline = time.monotonic() + timeout
    silent_since: float | None = None
    while not answered.wait(CHECK_SECONDS):
        now = time.monotonic()
        if now > deadline:
            raise TimeoutError(f"CloudFormation did not receive a response from your Custom Resource {logical_id}")
        if call.error is None or _running(function_name):
            silent_since = None
        elif silent_since is None:
            silent_since = now
        elif now - silent_since > SILENCE_SECONDS:
            raise ResourceRefused(f"Custom resource {logical_id}: its function failed and gave no answer: {call.error}")


def _running(function_name: str) -> bool:
    """Tell whether the function runs, be it because it invoked itself again."""
    _total, by_function = lambda_svc.executions_in_flight()
    return any(key.endswith(f":{function_name}") for key in by_function)


def _timeout(props: Mapping[str, Any], logical_id: str) -> float:
    declared = int(props.get("ServiceTimeout", LONGEST_TIMEOUT_SECONDS))
    if not 1 <= declared <= LONGEST_TIMEOUT_SECONDS:
        raise ResourceRefused(f"ServiceTimeout of {logical_id} must be between 1 and {LONGEST_TIMEOUT_SECONDS} seconds")
    return float(declared)


def _outcome(answer: Mapping[str, Any], default_id: str) -> tuple[str, dict[str, Any]]:
    if answer.get("Status") != "SUCCESS":
        raise ResourceRefused(f"Received response status [FAILED] from custom resource: {answer.get('Reason', '')}")
    return str(answer.get("PhysicalResourceId") or default_id), dict(answer.get("Data") or {})
