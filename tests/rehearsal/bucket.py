"""The data bucket of a deployed platform, read as its owner: what is counted here is nobody's report."""

from __future__ import annotations

import io
import json
from typing import Any

import pyarrow.parquet as parquet

from contract.sources import content_of, source_id
from rehearsal import people
from rehearsal.journey import stack_outputs
from tests.rehearsal.conftest import Platform


class Bucket:
    """Objects by key, and what became of an upload."""

    def __init__(self, platform: Platform) -> None:
        self._s3: Any = people.owner(platform.emulator, "s3")
        self.name = stack_outputs(platform.emulator, "mlops-rehearsal-storage")["DataBucketName"]

    def keys(self, prefix: str) -> list[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def read(self, key: str) -> bytes:
        return self._s3.get_object(Bucket=self.name, Key=key)["Body"].read()

    def source(self, key: str) -> str:
        return source_id(key, content_of([self.read(key)]))

    def rows_below(self, prefix: str) -> int:
        parts = [key for key in self.keys(prefix) if key.endswith(".parquet")]
        return sum(parquet.read_metadata(io.BytesIO(self.read(part))).num_rows for part in parts)

    def rows_of_source(self, model: str, source: str) -> int:
        """Clean rows of one upload, held-out ones included."""
        return sum(self.rows_below(f"{folder}/{model}/source={source}/") for folder in ("clean", "heldout"))

    def quarantined(self, model: str, run: str = "") -> list[dict[str, Any]]:
        """The quarantined lines of one run, or of all."""
        keys = self.keys(f"quarantine/{model}/{run}")
        return [json.loads(line) for key in keys for line in self.read(key).splitlines()]

    def delete(self, prefix: str) -> None:
        """Every version of every object below, so that nothing remains to be listed."""
        for page in self._s3.get_paginator("list_object_versions").paginate(Bucket=self.name, Prefix=prefix):
            for entry in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                self._s3.delete_object(Bucket=self.name, Key=entry["Key"], VersionId=entry["VersionId"])
