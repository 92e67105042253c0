"""The model's item in the run table: every change is conditional, so redelivery changes nothing."""

from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from lambda_src.starter.decision import Item


class StarterItems:
    """One item per model; times are ISO 8601 in UTC with microseconds, so that text order is time order."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def read(self, model: str) -> Item:
        """The item as it is now, or an empty one."""
        found = self._dynamodb.get_item(TableName=self._table, Key=_key(model), ConsistentRead=True).get("Item", {})
        text = {name: value["S"] for name, value in found.items() if "S" in value}
        return Item(text.get("execution"), _read_time(text.get("covers")), _read_time(text.get("last_upload")))

    def note(self, model: str, last_upload: datetime) -> bool:
        """Remember the latest wanted time."""
        return self._update(
            model,
            UpdateExpression="SET last_upload = :time",
            ConditionExpression="attribute_not_exists(last_upload) OR last_upload < :time",
            ExpressionAttributeValues={":time": {"S": _write_time(last_upload)}},
        )

    def release(self, model: str, execution: str) -> bool:
        """Forget an execution, unless another one was claimed meanwhile."""
        return self._update(
            model,
            UpdateExpression="REMOVE execution",
            ConditionExpression="execution = :execution",
            ExpressionAttributeValues={":execution": {"S": execution}},
        )

    def claim(self, model: str, execution: str, covers: datetime) -> bool:
        """Claim the next execution: of two starters only one succeeds."""
        return self._update(
            model,
            UpdateExpression="SET execution = :execution, covers = :covers",
            ConditionExpression=(
                "attribute_not_exists(execution) AND attribute_exists(last_upload)"
                " AND (attribute_not_exists(covers) OR last_upload > covers)"
            ),
            ExpressionAttributeValues={":execution": {"S": execution}, ":covers": {"S": _write_time(covers)}},
        )

    def _update(self, model: str, **expressions: Any) -> bool:
        try:
            self._dynamodb.update_item(TableName=self._table, Key=_key(model), **expressions)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True


def _key(model: str) -> dict[str, Any]:
    return {"model": {"S": model}, "item": {"S": "starter"}}


def _write_time(time: datetime) -> str:
    return time.isoformat(timespec="microseconds")


def _read_time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
