"""What an accepted run leaves behind: the training job's inputs, and the ledger."""

from collections.abc import Iterable, Iterator
from typing import Any

from contract.manifest import Manifest
from lambda_src.common.ledger import LedgerEntry
from lambda_src.validate_data.parts import Part

ITEMS_AT_ONCE = 25
ATTEMPTS = 8


class LedgerUnavailable(Exception):
    """DynamoDB keeps refusing part of the ledger; the state is tried again."""


def sagemaker_manifest(bucket: str, model: str, parts: Iterable[Part], split: str) -> list[Any]:
    """A SageMaker ManifestFile: the prefix, then the files below it. Files without rows would only be in the way."""
    prefix = f"clean/{model}/"
    names = [part.key.removeprefix(prefix) for part in parts if part.split == split and part.rows]
    return [{"prefix": f"s3://{bucket}/{prefix}"}, *sorted(names)]


def ledger_entries(manifest: Manifest, rows: dict[str, int]) -> Iterator[LedgerEntry]:
    """One entry per new object."""
    for entry in manifest.new_objects:
        yield LedgerEntry(entry.source, entry.key, entry.version_id, manifest.run, rows.get(entry.source, 0))


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
