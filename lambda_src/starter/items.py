"""The model's item in the run table: every change is conditional, so redelivery changes nothing."""

from datetime import datetime
from typing import Any, cast

from botocore.exceptions import ClientError

from lambda_src.common.runs import note_time, starter_key, write_time
from lambda_src.starter.decision import Claim, Item, Reason


class StarterItems:
    """One item per model; times are ISO 8601 in UTC with microseconds, so that text order is time order."""

    def __init__(self, dynamodb: Any, table: str) -> None:
        self._dynamodb = dynamodb
        self._table = table

    def read(self, model: str) -> Item:
        """The item as it is now, or an empty one."""
        found = self._dynamodb.get_item(TableName=self._table, Key=starter_key(model), ConsistentRead=True).get(
            "Item", {}
        )
        text = {name: value["S"] for name, value in found.items() if "S" in value}
        return Item(
            execution=text.get("execution"),
            reason=cast(Reason, text.get("run_reason", "new data")),
            covers=_read_time(text.get("covers")),
            last_upload=_read_time(text.get("last_upload")),
            covers_wish=_read_time(text.get("covers_wish")),
            last_wish=_read_time(text.get("last_wish")),
        )

    def note_upload(self, model: str, time: datetime) -> bool:
        """Remember the latest upload."""
        return self._note(model, "last_upload", time)

    def note_wish(self, model: str, time: datetime) -> bool:
        """Remember the latest wish."""
        return self._note(model, "last_wish", time)

    def release(self, model: str, execution: str) -> bool:
        """Forget an execution, unless another one was claimed meanwhile."""
        return self._update(
            model,
            UpdateExpression="REMOVE execution",
            ConditionExpression="execution = :execution",
            ExpressionAttributeValues={":execution": {"S": execution}},
        )

    def redate(self, model: str, wrong: datetime, now: datetime) -> bool:
        """Replace the latest upload's time, unless somebody did so meanwhile."""
        return self._update(
            model,
            UpdateExpression="SET last_upload = :now",
            ConditionExpression="last_upload = :wrong",
            ExpressionAttributeValues={":now": {"S": write_time(now)}, ":wrong": {"S": write_time(wrong)}},
        )

    def claim(self, model: str, claim: Claim) -> bool:
        """Claim the next execution: of two starters only one succeeds."""
        wish = claim.covers_wish
        wanted, covered = ("last_upload", "covers") if wish is None else ("last_wish", "covers_wish")
        values = {
            ":execution": {"S": claim.execution},
            ":reason": {"S": claim.reason},
            ":covers": {"S": write_time(claim.covers)},
        }
        return self._update(
            model,
            UpdateExpression="SET execution = :execution, run_reason = :reason, covers = :covers"
            + ("" if wish is None else ", covers_wish = :wish"),
            ConditionExpression=(
                f"attribute_not_exists(execution) AND attribute_exists({wanted})"
                f" AND (attribute_not_exists({covered}) OR {wanted} > {covered})"
            ),
            ExpressionAttributeValues=values if wish is None else values | {":wish": {"S": write_time(wish)}},
        )

    def _note(self, model: str, attribute: str, time: datetime) -> bool:
        return note_time(self._dynamodb, self._table, model, attribute, time)

    def _update(self, model: str, **expressions: Any) -> bool:
        try:
            self._dynamodb.update_item(TableName=self._table, Key=starter_key(model), **expressions)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True


def _read_time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
