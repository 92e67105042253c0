"""The Parquet files that hold the run's rows, by source and split."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from contract.manifest import Manifest
from lambda_src.common.storage import S3Uri, StoredObject, list_objects

CLEAN = re.compile(r"clean/[^/]+/source=(?P<source>[0-9a-f]+)/split=(?P<split>train|validation)/[^/]+\.parquet")
HELDOUT = re.compile(r"heldout/[^/]+/source=(?P<source>[0-9a-f]+)/[^/]+\.parquet")
TRAIN = "train"
VALIDATION = "validation"
HOLDOUT = "holdout"


@dataclass(frozen=True)
class Part:
    """One Parquet file and how many rows it holds."""

    key: str
    source: str
    split: str
    new: bool
    rows: int = 0


def list_parts(s3: Any, bucket: str, manifest: Manifest) -> list[Part]:
    """The files of the manifest's sources, in a stable order; files of other sources are not the run's."""
    new = {entry.source: entry.new for entry in manifest.objects}
    prefixes = (f"clean/{manifest.model}/", f"heldout/{manifest.model}/")
    stored = [entry for prefix in prefixes for entry in list_objects(s3, S3Uri(bucket, prefix))]
    return sorted(_known_parts(stored, new), key=lambda part: part.key)


def _known_parts(stored: Iterable[StoredObject], new: dict[str, bool]) -> Iterator[Part]:
    for entry in stored:
        found = CLEAN.fullmatch(entry.key) or HELDOUT.fullmatch(entry.key)
        if found and found["source"] in new:
            split = found.groupdict().get("split") or HOLDOUT
            yield Part(entry.key, found["source"], split, new[found["source"]])


def with_rows(parts: Iterable[Part], rows_by_key: dict[str, int]) -> list[Part]:
    """The same parts with their counted rows."""
    return [replace(part, rows=rows_by_key.get(part.key, 0)) for part in parts]


def rows_by_source(parts: Iterable[Part]) -> dict[str, int]:
    """Rows of each source over all of its splits."""
    rows: dict[str, int] = {}
    for part in parts:
        rows[part.source] = rows.get(part.source, 0) + part.rows
    return rows


def rows_in(parts: Iterable[Part], *splits: str) -> int:
    """Rows of some splits."""
    return sum(part.rows for part in parts if part.split in splits)
