"""The validation of one run's data, from the objects in S3 to findings and numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import polars as pl

from contract.manifest import Manifest
from contract.model import Contract
from lambda_src.common.ledger import LedgerEntry
from lambda_src.common.storage import S3Uri
from lambda_src.validate_data import arithmetic, checks, drift
from lambda_src.validate_data.baseline import count_in_bins, make_baseline
from lambda_src.validate_data.findings import REFUSE, Finding
from lambda_src.validate_data.parts import (
    HOLDOUT,
    TRAIN,
    VALIDATION,
    Part,
    list_parts,
    rows_by_source,
    rows_in,
    with_rows,
)
from lambda_src.validate_data.recount import RawCount, count_json_lines, count_quarantine, count_raw
from lambda_src.validate_data.table import Measures, distinct_rows, leaked_rows, measure, rows_by_key, scan


@dataclass
class Result:
    """Everything the handler writes down."""

    parts: list[Part] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    numbers: dict[str, Any] = field(default_factory=dict)
    baseline: dict[str, Any] | None = None


class Validation:
    """Reads clean data, raw objects and quarantine, and compares them with the contract and each other."""

    def __init__(self, contract: Contract, manifest: Manifest, s3: Any, bucket: str, root: str) -> None:
        self._contract = contract
        self._manifest = manifest
        self._s3 = s3
        self._bucket = bucket
        self._root = root
        self._result = Result()

    def run(
        self,
        etl_report: dict[str, Any],
        ledger: dict[str, LedgerEntry],
        champion_baseline: dict[str, Any] | None,
        drift_severity: str,
    ) -> Result:
        """All checks; each adds its findings and its numbers."""
        listed = list_parts(self._s3, self._bucket, self._manifest)
        try:
            self._result.parts = with_rows(listed, rows_by_key(self._root, self._scan(listed)))
            self._check_arithmetic(etl_report, ledger)
            self._check_rows()
            if champion_baseline:
                self._check_drift(champion_baseline, drift_severity)
        except (pl.exceptions.SchemaError, pl.exceptions.ColumnNotFoundError) as error:
            self._add(
                [Finding("contract", REFUSE, f"a clean file has other columns or types than the contract: {error}")]
            )
        return self._result

    def _add(self, findings: Iterable[Finding]) -> None:
        self._result.findings += findings

    def _scan(self, parts: Iterable[Part], *splits: str) -> pl.LazyFrame:
        keys: Sequence[str] = [part.key for part in parts if not splits or part.split in splits]
        return scan(self._root, keys, self._contract)

    def _check_arithmetic(self, etl_report: dict[str, Any], ledger: dict[str, LedgerEntry]) -> None:
        manifest, contract = self._manifest, self._contract
        raw = count_raw(self._s3, self._bucket, manifest.new_objects)
        quarantine = count_quarantine(self._s3, S3Uri(self._bucket, f"quarantine/{manifest.model}/{manifest.run}/"))
        rows, header = rows_by_source(self._result.parts), contract.format.header
        self._add(arithmetic.check_overwritten(manifest, raw))
        self._add(arithmetic.check_new_objects(manifest, raw, rows, quarantine, etl_report, header))
        self._add(arithmetic.check_accepted_objects(manifest, ledger, rows))
        maximum = contract.data.maximum_quarantined_fraction
        self._add(arithmetic.check_quarantined_fraction(manifest, raw, quarantine, header, maximum))
        evaluation = S3Uri(self._bucket, f"evaluation/{manifest.model}/{manifest.run}/")
        lines = [
            count_json_lines(self._s3, S3Uri(self._bucket, f"{evaluation.key}{name}/"))
            for name in ("features", "labels")
        ]
        self._add(checks.check_evaluation_files(rows_in(self._result.parts, HOLDOUT), *lines))
        self._result.numbers["objects"] = [
            {
                "key": entry.key,
                "lines": raw[entry.source].lines,
                "blank": raw[entry.source].blank,
                "clean": rows.get(entry.source, 0),
                "quarantined": quarantine.lines.get(entry.key, 0),
            }
            for entry in manifest.new_objects
        ]
        self._result.numbers["quarantined_fraction"] = self._quarantined_fraction(raw, sum(quarantine.lines.values()))

    def _quarantined_fraction(self, raw: dict[str, RawCount], quarantined: int) -> float:
        lines = sum(arithmetic.data_lines(count, self._contract.format.header) for count in raw.values())
        return quarantined / lines if lines else 0.0

    def _check_rows(self) -> None:
        contract, parts = self._contract, self._result.parts
        training, heldout = self._scan(parts, TRAIN, VALIDATION), self._scan(parts, HOLDOUT)
        measures = {split: measure(self._scan(parts, split), contract) for split in (TRAIN, VALIDATION, HOLDOUT)}
        for split, found in measures.items():
            self._add(checks.check_contract(contract, split, found))
        train, validation, held = (measures[split] for split in (TRAIN, VALIDATION, HOLDOUT))
        rows = train.rows + validation.rows
        known = distinct_rows(training, contract)
        distinct, leaked = known.height, leaked_rows(known, heldout, contract)
        self._add(checks.check_volume(contract, train, validation, held.rows))
        self._add(checks.check_target(contract, measures))
        self._add(checks.check_duplicates(contract, rows, distinct))
        self._add(checks.check_leakage(contract, held.rows, leaked))
        self._note(measures, distinct, leaked)
        if rows:
            self._result.baseline = make_baseline(training, contract, rows)

    def _note(self, measures: dict[str, Measures], distinct: int, leaked: int) -> None:
        self._result.numbers |= {
            "rows": {split: found.rows for split, found in measures.items()},
            "classes": {split: found.classes for split, found in measures.items()},
            "columns": {
                split: {name: asdict(counts) for name, counts in found.columns.items()}
                for split, found in measures.items()
            },
            "distinct_training_rows": distinct,
            "leaked_holdout_rows": leaked,
        }

    def _check_drift(self, baseline: dict[str, Any], severity: str) -> None:
        """Only the new rows are compared: in the union with all older ones every drift looks small."""
        new = [part for part in self._result.parts if part.new and part.split != HOLDOUT]
        rows = rows_in(new, TRAIN, VALIDATION)
        self._result.numbers["drift"] = {"new_rows": rows, "measured": rows >= drift.MINIMUM_ROWS}
        if rows < drift.MINIMUM_ROWS:
            return
        kinds = {column.name: "text" if column.type == "text" else "number" for column in self._contract.columns}
        bins = {name: entry for name, entry in baseline["columns"].items() if kinds.get(name) == entry["kind"]}
        found = drift.indices(baseline, count_in_bins(self._scan(new), bins))
        self._result.numbers["drift"]["indices"] = found
        self._add(drift.check_drift(found, severity))
