"""Outputs of an accepted run: the training job's inputs, and the ledger."""

from collections.abc import Iterable, Iterator
from typing import Any

from contract.manifest import Manifest
from lambda_src.common.ledger import LedgerEntry
from lambda_src.validate_data.parts import Part


def sagemaker_manifest(bucket: str, model: str, parts: Iterable[Part], split: str) -> list[Any]:
    """A SageMaker ManifestFile: the prefix, then the files below it. Files without rows would only be in the way."""
    prefix = f"clean/{model}/"
    names = [part.key.removeprefix(prefix) for part in parts if part.split == split and part.rows]
    return [{"prefix": f"s3://{bucket}/{prefix}"}, *sorted(names)]


def ledger_entries(manifest: Manifest, rows: dict[str, int]) -> Iterator[LedgerEntry]:
    """One entry per new object."""
    for entry in manifest.new_objects:
        yield LedgerEntry(entry.source, entry.key, entry.version_id, manifest.run, rows.get(entry.source, 0))
