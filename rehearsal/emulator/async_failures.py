"""The end of an asynchronous invocation's event that failed for good: the function's dead-letter queue.

Shape as recorded on AWS (LocalStack, test_dead_letter_queue): the body is the event itself, the error is in attributes.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from ministack.core.arn import parse_arn
from ministack.core.responses import new_uuid
from ministack.services import lambda_svc, sqs

from rehearsal.emulator import permissions

LONGEST_ERROR = 1024

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.lambda_svc": ("_functions", "_route_async_failure"),
    "ministack.services.sqs": ("_act_send_message", "_queue_by_arn", "_queue_url"),
}

logger = logging.getLogger("rehearsal")


def install() -> None:
    """Replace ministack's form, which is that of a destination, for dead-letter queues."""
    lambda_svc._route_async_failure = _routed(lambda_svc._route_async_failure)


def _routed(route: Any) -> Any:
    def routed(target_arn: str, name: str, event: Any, result: dict[str, Any]) -> None:
        config = (lambda_svc._functions.get(name) or {}).get("config") or {}
        dead_letters = (config.get("DeadLetterConfig") or {}).get("TargetArn")
        if target_arn == dead_letters and parse_arn(target_arn).service == "sqs":
            _bury(config, target_arn, event, result)
        else:
            route(target_arn, name, event, result)

    return routed


def _bury(config: dict[str, Any], queue_arn: str, event: Any, result: dict[str, Any]) -> None:
    caller = permissions.session_arn(config["Role"], config["FunctionName"])
    denied = permissions.refusal(permissions.Question(caller, "sqs:SendMessage", queue_arn, {}))
    if denied or sqs._queue_by_arn(queue_arn) is None:
        logger.warning("the event of %s is lost: %s", config["FunctionName"], denied or f"no queue {queue_arn}")
        return
    body = result.get("body")
    problem: dict[str, Any] = body if isinstance(body, dict) else {}
    message = str(problem.get("errorMessage", ""))[:LONGEST_ERROR]
    attributes = {
        "RequestID": {"DataType": "String", "StringValue": problem.get("requestId") or new_uuid()},
        "ErrorCode": {"DataType": "Number", "StringValue": "200"},
        # SQS takes no empty text.
        **({"ErrorMessage": {"DataType": "String", "StringValue": message}} if message else {}),
    }
    url = sqs._queue_url(parse_arn(queue_arn).resource)
    sqs._act_send_message({"QueueUrl": url, "MessageBody": json.dumps(event), "MessageAttributes": attributes}, url)
