"""Faults on demand, where AWS has them: an API that answers with an error, a function or a job that fails.

Only what talks to the emulator itself can ask for one: POST a fault to /_rehearsal/faults, GET all with their hits,
DELETE /_rehearsal/faults/<id>. A fault is an `action` (as IAM names it), whose calls it hits, and one answer:

    error           {status, code, message} instead of the service's answer
    function_error  {errorType, errorMessage} instead of the function's (lambda:InvokeFunction only)
    job_failure     the reason with which the started job or crawl, or the new endpoint, fails
    job_pending     true: the job waits for its instances, or the crawl goes on, until somebody stops it
"""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from ministack import app
from ministack.core import iam_actions, iam_evaluator

from rehearsal.emulator import administration
from rehearsal.emulator.administration import Refused
from rehearsal.emulator.fault_rules import Fault, read_fault
from rehearsal.emulator.responses import Response, json_error

PATH = "/_rehearsal/faults"

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.app": (
        "_dispatch_service_request",
        "_routing_params",
        "detect_service",
    ),
    "ministack.core.iam_actions": ("extract_iam_action",),
    "ministack.core.iam_evaluator": ("request_caller_arn",),
}

_faults: dict[str, Fault] = {}
_numbers = itertools.count(1)
_lock = threading.Lock()


def install() -> None:
    """Stand before every service. Runs last: a call that is answered here reaches nobody else."""
    administration.answer_at(PATH, _administer)
    app._dispatch_service_request = _faulty(app._dispatch_service_request)


def job_failure(action: str, record: Mapping[str, Any], stopped: threading.Event) -> str | None:
    """Why the job that this action started fails at once, or None. A pending job stays here until it is stopped."""
    with _lock:
        fault = _take(action, None, json.dumps(record, default=str), of_a_job=True)
    if fault is not None and fault.job_pending:
        stopped.wait()
    return fault.job_failure if fault else None


def _faulty(handle: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def faulty(
        method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any], *more: Any
    ) -> Any:
        if _faults:
            parameters = app._routing_params(method, path, headers, body, query_params)
            service = app.detect_service(method, path, headers, parameters)
            action = iam_actions.extract_iam_action(service, method, path, headers, body, parameters) or ""
            text = f"{path} {body.decode('utf-8', 'replace')}"
            with _lock:
                fault = _take(
                    action, iam_evaluator.request_caller_arn(headers, query_params) or "", text, of_a_job=False
                )
            if fault is not None:
                return _answer(fault)
        return await handle(method, path, headers, body, query_params, *more)

    return faulty


def _take(action: str, caller: str | None, text: str, *, of_a_job: bool) -> Fault | None:
    """The first fault that hits, counted; and every fault that waits for this call learns of it."""
    for fault in _faults.values():
        fault.notice(action, caller)
    for fault in _faults.values():
        if fault.is_of_a_job == of_a_job and fault.hits_call(action, caller, text):
            fault.hits += 1
            return fault
    return None


def _answer(fault: Fault) -> Response:
    if fault.function_error is not None:
        status, headers, body = administration.ok(fault.function_error)
        return status, {**headers, "X-Amz-Function-Error": "Unhandled", "X-Amz-Executed-Version": "$LATEST"}, body
    error = fault.error or {}
    return json_error(error["code"], error["message"], error["status"])


def _administer(method: str, identifier: str, body: bytes) -> Response:
    with _lock:
        if method == "POST" and not identifier:
            fault = read_fault(body)
            new = str(next(_numbers))
            _faults[new] = fault
            return administration.ok({"id": new})
        if method == "GET" and not identifier:
            return administration.ok({known: fault.hits for known, fault in _faults.items()})
        if method == "DELETE" and identifier in _faults:
            return administration.ok({"hits": _faults.pop(identifier).hits})
    raise Refused(f"{method} {PATH}/{identifier} means nothing; POST one, GET all, DELETE one", 404)
