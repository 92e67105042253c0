"""The times in the starter's item of a model that decide whether another run is wanted."""

from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError


def want_another_run(dynamodb: Any, table: str, model: str, now: datetime) -> None:
    """As if a file had arrived now: the starter begins another run as soon as this one is over."""
    note_time(dynamodb, table, model, "last_upload", now)


def note_time(dynamodb: Any, table: str, model: str, attribute: str, time: datetime) -> bool:
    """Move a time of the item on, never back; false if it is as late already."""
    try:
        dynamodb.update_item(
            TableName=table,
            Key=starter_key(model),
            UpdateExpression=f"SET {attribute} = :time",
            ConditionExpression=f"attribute_not_exists({attribute}) OR {attribute} < :time",
            ExpressionAttributeValues={":time": {"S": write_time(time)}},
        )
    except ClientError as error:
        if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
            return False
        raise
    return True


def starter_key(model: str) -> dict[str, Any]:
    """The key of the starter's one item for a model."""
    return {"model": {"S": model}, "item": {"S": "starter"}}


def write_time(time: datetime) -> str:
    """ISO 8601 with microseconds, so that text order is time order."""
    return time.isoformat(timespec="microseconds")
