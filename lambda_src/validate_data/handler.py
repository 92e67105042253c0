"""Reads what the ETL job wrote, and lets the run go on only if it keeps the contract."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from contract.manifest import Manifest
from lambda_src.common.clients import aws
from lambda_src.common.contracts import load_contract
from lambda_src.common.ledger import read_champion, read_ledger, write_ledger
from lambda_src.common.runs import want_another_run
from lambda_src.common.settings import choice, required
from lambda_src.common.storage import S3Uri, list_objects, read_json, read_text, write_json
from lambda_src.common.telemetry import logger, metrics
from lambda_src.validate_data.findings import REFUSE, WARN, DataRefused, refusal, refused
from lambda_src.validate_data.outputs import ledger_entries, sagemaker_manifest
from lambda_src.validate_data.parts import HOLDOUT, TRAIN, VALIDATION, rows_by_source, rows_in
from lambda_src.validate_data.validation import Result, Validation


@metrics.log_metrics
def handle(event: Mapping[str, str], _context: object) -> dict[str, Any]:
    """Lambda's entry point."""
    bucket = required("DATA_BUCKET")
    return validate(
        event,
        s3=aws("s3"),
        dynamodb=aws("dynamodb"),
        bucket=bucket,
        table=required("RUN_TABLE"),
        root=f"s3://{bucket}/",
        drift_severity=choice("DRIFT_SEVERITY", (WARN, REFUSE)),
    )


def validate(
    event: Mapping[str, str], *, s3: Any, dynamodb: Any, bucket: str, table: str, root: str, drift_severity: str
) -> dict[str, Any]:
    """Report first, then the refusal or the outputs; the ledger last, because it says that all of it is done."""
    model, run = event["model"], event["run"]
    contract = load_contract(s3, event["contract_uri"])
    manifest = Manifest.from_json(read_json(s3, S3Uri.parse(event["manifest_uri"])))
    result = Validation(contract, manifest, s3, bucket, root).run(
        _read_etl_report(s3, event["etl_report_uri"]),
        read_ledger(dynamodb, table, model),
        _read_champion_baseline(s3, dynamodb, table, model),
        drift_severity,
    )
    reports = S3Uri(bucket, f"reports/{model}/{run}/")
    report_uri = write_json(s3, S3Uri(bucket, f"{reports.key}validation.json"), _report(model, run, result))
    _tell(model, run, result)
    stopping = refused(result.findings)
    if stopping:
        raise DataRefused(refusal(model, [entry.key for entry in manifest.new_objects], stopping))
    outputs = _write_outputs(s3, bucket, manifest, result)
    write_ledger(dynamodb, table, model, ledger_entries(manifest, rows_by_source(result.parts)))
    if manifest.files_left:
        # Only now, because something was accepted: files that are refused must not be run again and again.
        want_another_run(dynamodb, table, model, datetime.now(UTC))
    return {
        "report_uri": report_uri,
        **outputs,
        "holdout_rows": rows_in(result.parts, HOLDOUT),
        "training_rows": rows_in(result.parts, TRAIN, VALIDATION),
    }


def _write_outputs(s3: Any, bucket: str, manifest: Manifest, result: Result) -> dict[str, str]:
    model, run = manifest.model, manifest.run
    uris = {
        f"{split}_manifest_uri": write_json(
            s3,
            S3Uri(bucket, f"runs/{model}/{run}/{split}.manifest"),
            sagemaker_manifest(bucket, model, result.parts, split),
        )
        for split in (TRAIN, VALIDATION)
    }
    return uris | {
        "baseline_uri": write_json(s3, S3Uri(bucket, f"reports/{model}/{run}/baseline.json"), result.baseline)
    }


def _read_etl_report(s3: Any, prefix_uri: str) -> dict[str, Any]:
    """Spark writes a folder of text files; all but one are empty."""
    prefix = S3Uri.parse(prefix_uri)
    texts = [
        read_text(s3, S3Uri(prefix.bucket, stored.key))
        for stored in list_objects(s3, prefix)
        if stored.size and stored.key.rpartition("/")[2].startswith("part-")
    ]
    if len(texts) != 1:
        raise DataRefused(
            f"there are {len(texts)} ETL reports under {prefix_uri}, one is expected: start the run again"
        )
    return json.loads(texts[0])


def _read_champion_baseline(s3: Any, dynamodb: Any, table: str, model: str) -> dict[str, Any] | None:
    uri = read_champion(dynamodb, table, model).get("baseline_uri")
    return read_json(s3, S3Uri.parse(uri)) if uri else None


def _report(model: str, run: str, result: Result) -> dict[str, Any]:
    return {
        "model": model,
        "run": run,
        "passed": not refused(result.findings),
        "findings": [asdict(finding) for finding in result.findings],
        **result.numbers,
    }


def _tell(model: str, run: str, result: Result) -> None:
    for finding in result.findings:
        logger.warning(str(finding), model=model, run=run, check=finding.check, severity=finding.severity)
    metrics.add_dimension("model", model)
    metrics.add_metric("TrainingRows", MetricUnit.Count, rows_in(result.parts, TRAIN, VALIDATION))
    metrics.add_metric("DataFindings", MetricUnit.Count, len(result.findings))
