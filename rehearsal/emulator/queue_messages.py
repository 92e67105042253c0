"""Messages of a queue: taking them, showing them to a function, letting them come back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from ministack.core.arn import parse_arn
from ministack.services import lambda_svc, sqs

from rehearsal.emulator import clock

MESSAGES_PER_CALL = 10

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.lambda_svc": ("_sqs_message_attributes_to_camel_case",),
    "ministack.services.sqs": (
        "_collect_msgs",
        "_dlq_sweep",
        "_expire_retained",
        "_md5_msg_attrs",
        "_queue_by_arn",
        "_queues_lock",
    ),
}


def event_record(mapping: dict[str, Any], message: dict[str, Any]) -> dict[str, Any]:
    """A message as the function gets it."""
    source = parse_arn(mapping["EventSourceArn"])
    first_received = message.get("first_receive_at") or time.time()
    return {
        "messageId": message["id"],
        "receiptHandle": message["receipt_handle"],
        "body": message["body"],
        "attributes": {
            "ApproximateReceiveCount": str(message.get("receive_count", 1)),
            "SentTimestamp": str(int(message["sent_at"] * 1000)),
            "SenderId": (message.get("sys") or {}).get("SenderId", source.account_id),
            "ApproximateFirstReceiveTimestamp": str(int(first_received * 1000)),
        },
        "messageAttributes": lambda_svc._sqs_message_attributes_to_camel_case(message.get("message_attributes", {})),
        "md5OfMessageAttributes": sqs._md5_msg_attrs(message.get("message_attributes") or None),
        "md5OfBody": message.get("md5_body") or "",
        "eventSource": "aws:sqs",
        "eventSourceARN": mapping["EventSourceArn"],
        "awsRegion": source.region,
    }


def receive(queue: dict[str, Any], wanted: int) -> list[dict[str, Any]]:
    """Take up to so many visible messages out of sight."""
    with sqs._queues_lock:
        visibility = int(queue["attributes"].get("VisibilityTimeout", "30"))
        sqs._expire_retained(queue)
        sqs._dlq_sweep(queue)
        return list(_until_empty(lambda count: sqs._collect_msgs(queue, count, visibility), wanted))


def _until_empty(receive: Callable[[int], list[dict[str, Any]]], wanted: int) -> Iterator[dict[str, Any]]:
    """AWS hands out at most ten messages a call; its pollers call until they have what they want."""
    while wanted > 0:
        messages = receive(min(wanted, MESSAGES_PER_CALL))
        if not messages:
            return
        yield from messages
        wanted -= len(messages)


def has_visible(queue: dict[str, Any]) -> bool:
    """Tell whether there is a message to take."""
    now = time.time()
    return any(message.get("visible_at", 0) <= now for message in list(queue["messages"]))


def release(queue_arn: str, handles: set[str]) -> None:
    """Let a message that a function failed on wait out its visibility timeout: a wait, and so a shorter one."""
    queue = sqs._queue_by_arn(queue_arn)
    with sqs._queues_lock:
        for message in queue["messages"] if queue else []:
            if message.get("receipt_handle") in handles:
                hidden = max(0.0, message["visible_at"] - time.time())
                message["visible_at"] = time.time() + clock.shortened(hidden)
