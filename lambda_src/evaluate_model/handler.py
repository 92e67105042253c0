"""Judges a candidate by its batch transform of the hold-out, beside the champion's."""

from collections.abc import Iterator, Mapping
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from lambda_src.common.clients import aws
from lambda_src.common.contracts import load_contract
from lambda_src.common.settings import required
from lambda_src.common.storage import S3Uri, list_objects, read_lines, write_json
from lambda_src.common.telemetry import logger, metrics
from lambda_src.evaluate_model.evaluation import Evaluation
from lambda_src.evaluate_model.labels import EvaluationRefused, read_labels

TRANSFORM_OUTPUT = ".out"


@metrics.log_metrics
def handle(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Lambda's entry point."""
    return evaluate(event, s3=aws("s3"), bucket=required("DATA_BUCKET"))


def evaluate(event: Mapping[str, Any], *, s3: Any, bucket: str) -> dict[str, Any]:
    """Write reports/<model>/<run>/evaluation.json and answer with the verdict."""
    model, run = event["model"], event["run"]
    contract = load_contract(s3, event["contract_uri"])
    labels = read_labels(contract, _lines(s3, event["labels_uri"], ".jsonl"))
    if not len(labels):
        raise EvaluationRefused(f"there are no labels under {event['labels_uri']}")
    champion_uri = event.get("champion_uri")
    champion_lines = _lines(s3, champion_uri, TRANSFORM_OUTPUT) if champion_uri else None
    report = Evaluation(contract, labels).evaluate(_lines(s3, event["candidate_uri"], TRANSFORM_OUTPUT), champion_lines)
    report_uri = write_json(
        s3, S3Uri(bucket, f"reports/{model}/{run}/evaluation.json"), {"model": model, "run": run} | report
    )
    values = {name: entry["value"] for name, entry in report.get("metrics", {}).items()}
    for name, value in values.items():
        metrics.add_metric(f"Evaluation_{name}", MetricUnit.NoUnit, value)
    metrics.add_dimension("model", model)
    logger.info("verdict", model=model, run=run, verdict=report["verdict"], reasons=report["reasons"])
    return {
        "verdict": report["verdict"],
        "reasons": report["reasons"],
        "report_uri": report_uri,
        "metrics": values,
    }


def _lines(s3: Any, prefix_uri: str, ending: str) -> Iterator[bytes]:
    prefix = S3Uri.parse(prefix_uri)
    for stored in list_objects(s3, prefix):
        if stored.key.endswith(ending):
            yield from read_lines(s3, S3Uri(prefix.bucket, stored.key))
