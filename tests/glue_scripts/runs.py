"""A run of the job on a folder that looks like the data bucket."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from contract.manifest import Manifest, ManifestObject
from contract.model import Contract
from contract.sources import content_of, source_id
from glue_scripts.prepare_data import Folders, prepare

RUN = "261123101112"
CREATED_AT = "2026-11-23T10:11:12+00:00"


@dataclass
class Bucket:
    """Uploads and what the job made of them."""

    root: Path
    contract: Contract
    arrivals: dict[str, ManifestObject] = field(default_factory=dict[str, ManifestObject])

    def upload(self, name: str, content: bytes, role: str = "training") -> ManifestObject:
        """Put an object, and pin it in the manifest."""
        key = f"{'raw' if role == 'training' else 'holdout'}/{self.contract.model}/{name}"
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        etag = hashlib.md5(content).hexdigest()
        source = source_id(key, content_of([content]))
        self.arrivals[key] = ManifestObject(key, "version-1", etag, len(content), source, role, new=True)
        return self.arrivals[key]

    @property
    def folders(self) -> Folders:
        root, model = self.root.as_uri(), self.contract.model
        return Folders(
            raw_uri=f"{root}/raw/{model}/",
            official_holdout_uri=f"{root}/holdout/{model}/",
            clean_uri=f"{root}/clean/{model}/",
            heldout_uri=f"{root}/heldout/{model}/",
            evaluation_uri=f"{root}/evaluation/{model}/{RUN}/",
            quarantine_uri=f"{root}/quarantine/{model}/{RUN}/",
            report_uri=f"{root}/reports/{model}/{RUN}/etl/",
        )

    @property
    def manifest(self) -> Manifest:
        return Manifest(self.contract.model, RUN, CREATED_AT, tuple(self.arrivals.values()))

    def prepare(self, spark: Any) -> dict[str, Any]:
        """Run the job on the open session."""
        return prepare(spark, self.contract, self.manifest, self.folders)

    def rows(self, area: str, source: str = "*", split: str = "") -> list[dict[str, Any]]:
        """The rows of Parquet files, by row_id."""
        from pyarrow import parquet

        pattern = f"source={source}/" + (f"split={split}/" if split else "**/") + "*.parquet"
        files = sorted((self.root / area / self.contract.model).glob(pattern))
        found = [row for path in files for row in parquet.ParquetFile(path).read().to_pylist()]
        return sorted(found, key=lambda row: row["row_id"])

    def json_lines(self, *area: str) -> list[dict[str, Any]]:
        """The records of JSON Lines files."""
        folder = self.root.joinpath(area[0], self.contract.model, RUN, *area[1:])
        files = sorted(folder.glob("*.jsonl"))
        return [json.loads(line) for path in files for line in path.read_text().splitlines()]

    def quarantined(self) -> list[tuple[int, str | None, bytes]]:
        """Line, column and original bytes of every quarantined line, in order."""
        records = self.json_lines("quarantine")
        return sorted(
            ((entry["line"], entry["column"], base64.b64decode(entry["original_base64"])) for entry in records),
            key=lambda entry: entry[0],
        )

    def written(self) -> list[Path]:
        """Everything that the job left, but for the checksums of the local file system."""
        areas = ("clean", "heldout", "evaluation", "quarantine", "reports")
        files = [path for area in areas for path in (self.root / area).rglob("*") if path.is_file()]
        return sorted(path for path in files if path.suffix != ".crc")
