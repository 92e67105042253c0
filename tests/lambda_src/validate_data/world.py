"""A run's data as the ETL job leaves it: every line through the contract's own intake, then written as Spark would."""

import base64
import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from contract.intake import CLEAN, KINDS, original, read_line
from contract.manifest import Manifest, ManifestObject
from contract.model import Contract
from contract.sources import content_of, row_id, source_id
from lambda_src.common.ledger import LedgerEntry
from lambda_src.validate_data.handler import validate
from lambda_src.validate_data.table import TYPES
from tests.lambda_src.examples import BUCKET, CONTRACT_URI, TABLE, contract_value
from tests.lambda_src.fakes import FakeDynamoDB, FakeS3

RUN = "260301100000"
HEADER = "age,spent,plan,left"


def csv(rows: int, first_age: int = 20, spent: float = 10.0) -> str:
    """Distinct good rows of both classes."""
    lines = [
        f"{first_age + row % 60},{spent + row},{('basic', 'plus', 'gold')[row % 3]},{('yes', 'no')[row % 2]}"
        for row in range(rows)
    ]
    return "\n".join([HEADER, *lines]) + "\n"


@dataclass
class World:
    """S3 twice: as a fake for the client, as a folder for polars."""

    root: Path
    s3: FakeS3 = field(default_factory=FakeS3)
    dynamodb: FakeDynamoDB = field(default_factory=FakeDynamoDB)
    contract_changes: dict[str, Any] = field(default_factory=dict)
    objects: list[ManifestObject] = field(default_factory=list)
    reported: list[dict[str, Any]] = field(default_factory=list)
    held: list[dict[str, Any]] = field(default_factory=list)
    drift_severity: str = "warn"
    files_left: int = 0

    @property
    def contract(self) -> Contract:
        return Contract.from_json(json.dumps(contract_value(**self.contract_changes)))

    def add(self, key: str, text: str, role: str = "training", new: bool = True) -> ManifestObject:
        """One uploaded object, through the ETL."""
        version = self.s3.put(BUCKET, key, text)
        etag, size = version.etag.strip('"'), len(version.body or b"")
        entry = ManifestObject(
            key, version.version_id, etag, size, source_id(key, content_of([text.encode()])), role, new
        )
        self.objects.append(entry)
        self._prepare(entry, text.encode())
        return entry

    def put_parquet(self, key: str, rows: list[dict[str, Any]], schema: dict[str, Any] | None = None) -> None:
        default = {"row_id": pl.String()} | {column.name: TYPES[column.type] for column in self.contract.columns}
        buffer = io.BytesIO()
        pl.DataFrame(rows, schema=schema or default).write_parquet(buffer)
        self.s3.put(BUCKET, key, buffer.getvalue())
        path = self.root / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(buffer.getvalue())

    def _prepare(self, entry: ManifestObject, body: bytes) -> None:
        lines = body.split(b"\n")
        lines = lines[:-1] if lines[-1] == b"" else lines
        parts: dict[str, list[dict[str, Any]]] = {kind: [] for kind in CLEAN}
        counts, quarantined = dict.fromkeys(KINDS, 0), []
        for number, line in enumerate(lines, 1):
            outcome = read_line(self.contract, line, number, entry.role)
            counts[outcome.kind] += 1
            if outcome.row is not None:
                parts[outcome.kind].append({"row_id": row_id(entry.source, number), **outcome.row})
            if outcome.kind == "quarantined":
                record = {"key": entry.key, "version_id": entry.version_id, "line": number, "column": outcome.column}
                kept = base64.b64encode(original(line, number)).decode()
                quarantined.append(record | {"reason": outcome.reason, "original_base64": kept})
        for kind, rows in parts.items():
            folder = (
                f"heldout/churn/source={entry.source}"
                if kind == "holdout"
                else (f"clean/churn/source={entry.source}/split={kind}")
            )
            if rows:
                self.put_parquet(f"{folder}/part-0.snappy.parquet", rows)
        self.held += parts["holdout"]
        if entry.new:
            text = "".join(json.dumps(record) + "\n" for record in quarantined)
            self.s3.put(BUCKET, f"quarantine/churn/{RUN}/{entry.source}-00000.jsonl", text)
            clean = sum(counts[kind] for kind in CLEAN)
            self.reported.append({"source": entry.source, "lines": len(lines), "clean": clean, **counts})

    def accept(self, entry: ManifestObject, rows: int, run: str = "260228100000") -> None:
        """The object is in the ledger."""
        item = LedgerEntry(entry.source, entry.key, entry.version_id, run, rows).to_item("churn")
        self.dynamodb.items["churn", item["item"]["S"]] = item

    def validate(self) -> dict[str, Any]:
        self.s3.put("asset-bucket", "churn.json", self.contract.to_json())
        manifest = Manifest("churn", RUN, "2026-03-01T10:00:00+00:00", tuple(self.objects), self.files_left)
        self.s3.put(BUCKET, f"runs/churn/{RUN}/manifest.json", json.dumps(manifest.to_json()))
        self.s3.put(BUCKET, f"reports/churn/{RUN}/etl/part-00000.txt", json.dumps({"objects": self.reported}) + "\n")
        self.s3.put(BUCKET, f"reports/churn/{RUN}/etl/part-00001.txt", "")
        for name in ("features", "labels"):
            key = f"evaluation/churn/{RUN}/{name}/part-00000.jsonl"
            if (BUCKET, key) not in self.s3.objects:
                self.s3.put(BUCKET, key, "".join(json.dumps(row) + "\n" for row in self.held))
        event = {
            "model": "churn",
            "run": RUN,
            "contract_uri": CONTRACT_URI,
            "manifest_uri": f"s3://{BUCKET}/runs/churn/{RUN}/manifest.json",
            "etl_report_uri": f"s3://{BUCKET}/reports/churn/{RUN}/etl/",
        }
        return validate(
            event,
            s3=self.s3,
            dynamodb=self.dynamodb,
            bucket=BUCKET,
            table=TABLE,
            root=f"{self.root}/",
            drift_severity=self.drift_severity,
        )

    def report(self) -> dict[str, Any]:
        return json.loads(self.s3.text(BUCKET, f"reports/churn/{RUN}/validation.json"))

    def baseline(self) -> dict[str, Any]:
        return json.loads(self.s3.text(BUCKET, f"reports/churn/{RUN}/baseline.json"))

    def ledger(self) -> list[str]:
        return sorted(item for model, item in self.dynamodb.items if item.startswith("source#"))
