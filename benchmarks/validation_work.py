"""One measured validation of clean data: `python -m benchmarks.validation_work ours|bare FOLDER`."""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.data import VALIDATION_CONTRACT, sources
from contract.manifest import Manifest, ManifestObject
from lambda_src.validate_data.validation import Validation


class Folder:
    """As much of an S3 client as the validation needs, over local files."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def get_paginator(self, _operation: str) -> Folder:
        return self

    def paginate(self, *, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        files = [path for path in self._root.rglob("*") if path.is_file()]
        keys = {str(path.relative_to(self._root)): path.stat().st_size for path in files}
        yield {"Contents": [{"Key": key, "Size": size} for key, size in keys.items() if key.startswith(Prefix)]}

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        return {"Body": Lines((self._root / Key).read_bytes())}


class Lines(io.BytesIO):
    """A body with the one method that is asked for."""

    def iter_lines(self, chunk_size: int) -> Iterator[bytes]:
        return iter(self.read().splitlines())


def ours(root: Path) -> None:
    """Everything that the Lambda function looks at, its reads of S3 apart."""
    model = VALIDATION_CONTRACT.model
    objects = tuple(
        ManifestObject(f"raw/{model}/{name}.csv", "1", name, 1, name, "training", False) for name in sources(root)
    )
    manifest = Manifest(model, "261123101112", "2026-11-23T10:11:12+00:00", objects)
    result = Validation(VALIDATION_CONTRACT, manifest, Folder(root), "bucket", f"{root}/").run(
        {"objects": []}, {}, None, "warn"
    )
    rows = result.numbers["rows"]
    refused = [finding for finding in result.findings if finding.check not in ("duplicates", "leakage")]
    if refused or not rows["train"]:
        raise SystemExit(f"the validation found {json.dumps([str(finding) for finding in refused])} in {rows}")


def bare(root: Path) -> None:
    """One pass over every value of every column."""
    scanned = pl.scan_parquet(str(root / "**" / "*.parquet"), hive_partitioning=False)
    looks = [pl.all().null_count().name.suffix("_missing"), pl.all().min().name.suffix("_least")]
    scanned.select(pl.len(), *looks, pl.all().max().name.suffix("_largest")).collect(engine="streaming")


def main(kind: str, folder: str) -> None:
    """Measure one look at data that is in the page cache."""
    for path in Path(folder).rglob("*.parquet"):
        path.read_bytes()
    before = time.process_time()
    {"ours": ours, "bare": bare}[kind](Path(folder))
    print(f"cpu_seconds={time.process_time() - before}")


if __name__ == "__main__":
    main(*sys.argv[1:])
