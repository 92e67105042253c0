"""The run table's items of one model: the accepted sources and the champion."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

PREFIX = "source#"
ITEMS_AT_ONCE = 25
ATTEMPTS = 8


class LedgerUnavailable(Exception):
    """DynamoDB keeps refusing part of the ledger; the state is tried again."""


@dataclass(frozen=True)
class LedgerEntry:
    """One uploaded object that an accepted run has used; the version is the latest with the same bytes."""

    source: str
    key: str
    version_id: str
    run: str
    rows: int

    def to_item(self, model: str) -> dict[str, Any]:
        """As DynamoDB stores it."""
        return {
            "model": {"S": model},
            "item": {"S": PREFIX + self.source},
            "key": {"S": self.key},
            "version_id": {"S": self.version_id},
            "run": {"S": self.run},
            "rows": {"N": str(self.rows)},
        }

    @classmethod
    def from_item(cls, item: dict[str, Any]) -> "LedgerEntry":
        """From what DynamoDB stores."""
        return cls(
            source=item["item"]["S"].removeprefix(PREFIX),
            key=item["key"]["S"],
            version_id=item["version_id"]["S"],
            run=item["run"]["S"],
            rows=int(item["rows"]["N"]),
        )


def read_ledger(dynamodb: Any, table: str, model: str) -> dict[str, LedgerEntry]:
    """All accepted sources of a model."""
    entries = (LedgerEntry.from_item(item) for item in _query(dynamodb, table, model, PREFIX))
    return {entry.source: entry for entry in entries}


def write_ledger(dynamodb: Any, table: str, model: str, entries: Iterable[LedgerEntry]) -> None:
    """The same entries again change nothing, so a repeated state is harmless."""
    requests = [{"PutRequest": {"Item": entry.to_item(model)}} for entry in entries]
    for start in range(0, len(requests), ITEMS_AT_ONCE):
        _write(dynamodb, table, requests[start : start + ITEMS_AT_ONCE])


def _write(dynamodb: Any, table: str, requests: list[Any]) -> None:
    left = requests
    for _ in range(ATTEMPTS):
        left = dynamodb.batch_write_item(RequestItems={table: left}).get("UnprocessedItems", {}).get(table, [])
        if not left:
            return
    raise LedgerUnavailable(f"{len(left)} ledger items were not written")


def read_champion(dynamodb: Any, table: str, model: str) -> dict[str, str]:
    """The text attributes of the champion's item; empty while there is none."""
    for item in _query(dynamodb, table, model, "champion"):
        return {name: value["S"] for name, value in item.items() if "S" in value}
    return {}


def _query(dynamodb: Any, table: str, model: str, prefix: str) -> Iterator[dict[str, Any]]:
    pages = dynamodb.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="#model = :model AND begins_with(#item, :prefix)",
        ExpressionAttributeNames={"#model": "model", "#item": "item"},
        ExpressionAttributeValues={":model": {"S": model}, ":prefix": {"S": prefix}},
        ConsistentRead=True,
    )
    for page in pages:
        yield from page["Items"]
