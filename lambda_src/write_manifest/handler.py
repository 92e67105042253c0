"""First state of a run: list what there is, say what is new, and write down what the run works with."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from contract.manifest import Manifest
from contract.model import Contract
from lambda_src.common.clients import aws
from lambda_src.common.contracts import deployed_contract
from lambda_src.common.ledger import read_ledger, write_ledger
from lambda_src.common.runs import want_another_run
from lambda_src.common.settings import required
from lambda_src.common.storage import S3Uri, write_json, write_text
from lambda_src.common.telemetry import logger, metrics
from lambda_src.write_manifest.choosing import choose, readable
from lambda_src.write_manifest.content import Contents
from lambda_src.write_manifest.listing import Upload, build_manifest, current_uploads, inside_window, run_time
from lambda_src.write_manifest.refusing import report_refused


@metrics.log_metrics
def handle(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Lambda's entry point."""
    return write_manifest(
        event, s3=aws("s3"), dynamodb=aws("dynamodb"), bucket=required("DATA_BUCKET"), table=required("RUN_TABLE")
    )


def write_manifest(event: Mapping[str, Any], *, s3: Any, dynamodb: Any, bucket: str, table: str) -> dict[str, Any]:
    """Begin the run's folder, runs/<model>/<run>/: its contract, its settings and its manifest."""
    model, run = event["model"], event["run"]
    folder = S3Uri(bucket, f"runs/{model}/{run}/")
    contract = deployed_contract(s3, event["contracts_uri"], model)
    contract_uri = write_text(s3, folder.below("contract.json"), contract.to_json())
    write_json(s3, folder.below("settings.json"), event["settings"])
    training, holdout, refused = _uploads(s3, bucket, model, run, contract)
    ledger, contents = read_ledger(dynamodb, table, model), Contents(s3, bucket)
    chosen = choose(training, holdout, ledger, contents.identify, maximum_new=event["new_files_per_run"])
    write_ledger(dynamodb, table, model, chosen.renewed)
    manifest = build_manifest(model, run, chosen.objects, chosen.left, [upload.key for upload in refused])
    uri = write_json(s3, folder.below("manifest.json"), manifest.to_json())
    if chosen.left and not chosen.new:
        # All that was read is known by now, so the next run reads on. With new files ValidateData asks for it.
        want_another_run(dynamodb, table, model, datetime.now(UTC))
    _tell(manifest)
    report_refused(s3, bucket, model, refused)
    return {
        "contract_uri": contract_uri,
        "manifest_uri": uri,
        "new_objects": chosen.new,
        "objects": len(chosen.objects),
        "files_left": chosen.left,
    }


def _uploads(
    s3: Any, bucket: str, model: str, run: str, contract: Contract
) -> tuple[list[Upload], list[Upload], list[Upload]]:
    """Training files, hold-out files, and those that no run can read, however old: only people remove them."""
    named, refused = readable(current_uploads(_versions(s3, bucket, f"raw/{model}/")))
    training = list(inside_window(named, contract.data.window_days, run_time(run)))
    if contract.split.holdout != "official":
        return training, [], refused
    # The window does not apply: an official hold-out is a fixed yardstick, however old.
    holdout, refused_too = readable(current_uploads(_versions(s3, bucket, f"holdout/{model}/")))
    return training, holdout, refused + refused_too


def _tell(manifest: Manifest) -> None:
    new, left = len(manifest.new_objects), manifest.files_left
    model, run, count = manifest.model, manifest.run, len(manifest.objects)
    logger.info("manifest written", model=model, run=run, objects=count, new_objects=new, files_left=left)
    metrics.add_metric("NewObjects", MetricUnit.Count, new)
    metrics.add_metric("FilesLeft", MetricUnit.Count, left)
    metrics.add_metric("FilesRefused", MetricUnit.Count, len(manifest.refused_keys))


def _versions(s3: Any, bucket: str, prefix: str) -> Iterator[Mapping[str, Any]]:
    """This listing names the VersionId with each object; the plain one would need a request per object for it."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        yield from page.get("Versions", [])
