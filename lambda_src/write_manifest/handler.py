"""First state of a run: list what there is, say what is new, and write it down."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from aws_lambda_powertools.metrics import MetricUnit

from contract.manifest import ManifestObject
from lambda_src.common.clients import aws
from lambda_src.common.contracts import load_contract
from lambda_src.common.ledger import read_ledger
from lambda_src.common.settings import required
from lambda_src.common.storage import S3Uri, write_json
from lambda_src.common.telemetry import logger, metrics
from lambda_src.write_manifest.listing import (
    HOLDOUT,
    TRAINING,
    build_manifest,
    current_uploads,
    inside_window,
    manifest_objects,
    run_time,
)


@metrics.log_metrics
def handle(event: Mapping[str, str], _context: object) -> dict[str, Any]:
    """Lambda's entry point."""
    return write_manifest(
        event, s3=aws("s3"), dynamodb=aws("dynamodb"), bucket=required("DATA_BUCKET"), table=required("RUN_TABLE")
    )


def write_manifest(event: Mapping[str, str], *, s3: Any, dynamodb: Any, bucket: str, table: str) -> dict[str, Any]:
    """Write manifests/<model>/<run>.json."""
    model, run = event["model"], event["run"]
    contract = load_contract(s3, event["contract_uri"])
    accepted = read_ledger(dynamodb, table, model).keys()
    uploads = inside_window(
        current_uploads(_versions(s3, bucket, f"raw/{model}/")), contract.data.window_days, run_time(run)
    )
    objects = list(manifest_objects(uploads, TRAINING, accepted))
    if contract.split.holdout == "official":
        objects += _official_holdout(s3, bucket, model, accepted)
    manifest = build_manifest(model, run, objects)
    uri = write_json(s3, S3Uri(bucket, f"manifests/{model}/{run}.json"), manifest.to_json())
    new = len(manifest.new_objects)
    logger.info("manifest written", model=model, run=run, objects=len(objects), new_objects=new)
    metrics.add_metric("NewObjects", MetricUnit.Count, new)
    return {"manifest_uri": uri, "new_objects": new, "objects": len(objects)}


def _official_holdout(s3: Any, bucket: str, model: str, accepted: Collection[str]) -> list[ManifestObject]:
    """The window does not apply: an official hold-out is a fixed yardstick, however old."""
    uploads = current_uploads(_versions(s3, bucket, f"holdout/{model}/"))
    return list(manifest_objects(uploads, HOLDOUT, accepted))


def _versions(s3: Any, bucket: str, prefix: str) -> Iterator[Mapping[str, Any]]:
    """This listing names the VersionId with each object; the plain one would need a request per object for it."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
        yield from page.get("Versions", [])
