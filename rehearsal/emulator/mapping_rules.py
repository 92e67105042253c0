"""What Lambda asks before it maps a queue to a function."""

from __future__ import annotations

from typing import Any

from ministack.core.arn import parse_arn
from ministack.services import lambda_svc, sqs

from rehearsal.emulator import permissions

SQS_ACTIONS = {
    "sqs:ReceiveMessage": "ReceiveMessage",
    "sqs:DeleteMessage": "DeleteMessage",
    "sqs:GetQueueAttributes": "GetQueueAttributes",
}
LARGEST_WINDOW_SECONDS = 300
LARGEST_BATCH = 10_000
LARGEST_BATCH_WITHOUT_WINDOW = 10

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.lambda_svc": ("_get_func_record_for_qualifier",),
    "ministack.services.sqs": ("_queue_by_arn",),
}


class MappingRefused(Exception):
    """Lambda does not take the mapping as it is declared."""


def check_mapping(data: dict[str, Any]) -> None:
    """Refuse a mapping that Lambda refuses: numbers out of range, or a role that may not read the queue."""
    source = parse_arn(data.get("EventSourceArn", ""))
    if source.service != "sqs":
        raise MappingRefused(f"the rehearsal maps SQS queues only, not {source.service}")
    batch, window = int(data.get("BatchSize", 10)), int(data.get("MaximumBatchingWindowInSeconds", 0))
    if not 1 <= batch <= LARGEST_BATCH or not 0 <= window <= LARGEST_WINDOW_SECONDS:
        raise MappingRefused(f"BatchSize {batch} or MaximumBatchingWindowInSeconds {window} is out of range")
    if batch > LARGEST_BATCH_WITHOUT_WINDOW and window == 0:
        raise MappingRefused("Maximum batch window in seconds must be greater than 0 if maximum batch size is over 10")
    record, _config = lambda_svc._get_func_record_for_qualifier(_function_name(data.get("FunctionName", "")), None)
    if record is None:
        raise MappingRefused(f"Function not found: {data.get('FunctionName')}")
    queue = sqs._queue_by_arn(data["EventSourceArn"])
    if queue is None:
        raise MappingRefused(f"The queue {data['EventSourceArn']} does not exist")
    visibility, timeout = int(queue["attributes"].get("VisibilityTimeout", 30)), int(record["config"]["Timeout"])
    if visibility < timeout:
        raise MappingRefused(
            f"Queue visibility timeout: {visibility} seconds is less than Function timeout: {timeout} seconds"
        )
    denied = denied_action(record, data["EventSourceArn"])
    if denied:
        raise MappingRefused(f"The provided execution role does not have permissions to call {denied} on SQS")


def denied_action(record: dict[str, Any], queue_arn: str) -> str | None:
    """The first operation on the queue that the function's role may not call, or None."""
    config = record["config"]
    caller = permissions.session_arn(config["Role"], config["FunctionName"])
    for action, name in SQS_ACTIONS.items():
        if permissions.refusal(permissions.Question(caller, action, queue_arn, {})):
            return name
    return None


def _function_name(reference: str) -> str:
    return reference.split(":function:", 1)[-1].split(":", 1)[0]
