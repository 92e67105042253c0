"""Lambda's rules for mapping a queue to a function."""

from __future__ import annotations

import json
from typing import Any

from ministack.core.arn import parse_arn
from ministack.services import eventbridge, lambda_svc, sqs

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
    "ministack.services.eventbridge": ("_InvalidPattern", "_compile_pattern"),
    "ministack.services.lambda_svc": ("_esms", "_get_func_record_for_qualifier"),
    "ministack.services.sqs": ("_queue_by_arn",),
}


class MappingRefused(Exception):
    """Lambda does not take the mapping as it is declared."""

    def __init__(self, message: str, code: str = "InvalidParameterValueException") -> None:
        super().__init__(message)
        self.code = code

    @property
    def status(self) -> int:
        """The HTTP status of the refusal."""
        return 409 if self.code == "ResourceConflictException" else 400


def check_mapping(data: dict[str, Any]) -> None:
    """Refuse a mapping that Lambda refuses: numbers out of range, a broken filter, or a role that may not read."""
    source = parse_arn(data.get("EventSourceArn", ""))
    if source.service != "sqs":
        raise MappingRefused(f"the rehearsal maps SQS queues only, not {source.service}")
    check_numbers(data)
    check_filters(data)
    record, _config = lambda_svc._get_func_record_for_qualifier(function_name(data.get("FunctionName", "")), None)
    if record is None:
        raise MappingRefused(f"Function not found: {data.get('FunctionName')}")
    queue = sqs._queue_by_arn(data["EventSourceArn"])
    if queue is None:
        raise MappingRefused(
            "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue."
            " SQS Error Message: The specified queue does not exist."
        )
    visibility, timeout = int(queue["attributes"].get("VisibilityTimeout", 30)), int(record["config"]["Timeout"])
    if visibility < timeout:
        raise MappingRefused(
            f"Queue visibility timeout: {visibility} seconds is less than Function timeout: {timeout} seconds"
        )
    denied = denied_action(record, data["EventSourceArn"])
    if denied:
        raise MappingRefused(f"The provided execution role does not have permissions to call {denied} on SQS")
    _check_duplicate(data)


def check_numbers(data: dict[str, Any]) -> None:
    """Refuse numbers out of range: CreateEventSourceMapping in Lambda's API reference, and recordings of its words."""
    batch, window = int(data.get("BatchSize", 10)), int(data.get("MaximumBatchingWindowInSeconds", 0))
    ranges = {
        "batchSize": (batch, 1, LARGEST_BATCH),
        "maximumBatchingWindowInSeconds": (window, 0, LARGEST_WINDOW_SECONDS),
    }
    for name, (value, least, most) in ranges.items():
        if not least <= value <= most:
            bound = f"greater than or equal to {least}" if value < least else f"less than or equal to {most}"
            raise MappingRefused(
                f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint:"
                f" Member must have value {bound}",
                "ValidationException",
            )
    if batch > LARGEST_BATCH_WITHOUT_WINDOW and window == 0:
        raise MappingRefused(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"
        )


def check_filters(data: dict[str, Any]) -> None:
    """Refuse a filter whose pattern EventBridge would refuse."""
    for entry in (data.get("FilterCriteria") or {}).get("Filters") or []:
        try:
            eventbridge._compile_pattern(json.loads(entry.get("Pattern", "")))
        except (ValueError, AttributeError, TypeError, eventbridge._InvalidPattern):
            raise MappingRefused("Invalid filter pattern definition.") from None


def _check_duplicate(data: dict[str, Any]) -> None:
    name = function_name(data.get("FunctionName", ""))
    for mapping in lambda_svc._esms.values():
        if mapping["EventSourceArn"] == data["EventSourceArn"] and mapping["FunctionName"] == name:
            raise MappingRefused(
                f'An event source mapping with SQS arn (" {data["EventSourceArn"]} ") and function (" {name} ")'
                f" already exists. Please update or delete the existing mapping with UUID {mapping['UUID']}",
                "ResourceConflictException",
            )


def denied_action(record: dict[str, Any], queue_arn: str) -> str | None:
    """The first operation on the queue that the function's role may not call, or None."""
    config = record["config"]
    caller = permissions.session_arn(config["Role"], config["FunctionName"])
    for action, name in SQS_ACTIONS.items():
        if permissions.refusal(permissions.Question(caller, action, queue_arn, {})):
            return name
    return None


def function_name(reference: str) -> str:
    """The name in a function's ARN, or the name itself."""
    return reference.split(":function:", 1)[-1].split(":", 1)[0]
