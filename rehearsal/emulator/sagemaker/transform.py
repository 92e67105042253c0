"""Batch transform jobs: the interface. The work itself is in transform_run."""

from __future__ import annotations

import time

from rehearsal.emulator import background
from rehearsal.emulator.sagemaker import keys, objects, quotas, tags, transform_run
from rehearsal.emulator.sagemaker.errors import validation
from rehearsal.emulator.sagemaker.paging import page, select
from rehearsal.emulator.sagemaker.store import Record, change, lock, models, transform_jobs

DEFAULT_PAYLOAD_MB = 6
MAXIMUM_PAYLOAD_MB = 100


def create(parameters: Record) -> Record:
    model = models.get(parameters["ModelName"])
    _check(parameters)
    name = parameters["TransformJobName"]
    arn = transform_jobs.arn(name)
    record = {key: value for key, value in parameters.items() if key != "Tags"}
    now = time.time()
    job = transform_jobs.add(
        name,
        {
            "MaxConcurrentTransforms": 1,
            "MaxPayloadInMB": DEFAULT_PAYLOAD_MB,
            "BatchStrategy": "MultiRecord",
            **record,
            "TransformJobArn": arn,
            "TransformJobStatus": "InProgress",
            "CreationTime": now,
            "LastModifiedTime": now,
        },
    )
    tags.put(arn, parameters.get("Tags"))
    background.run(transform_run.TransformRun(job, dict(model)).run)
    return {"TransformJobArn": arn}


def describe(parameters: Record) -> Record:
    return transform_jobs.get(parameters["TransformJobName"])


def stop(parameters: Record) -> Record:
    """Really ends the container; files that are done by then stay."""
    with lock:
        job = transform_jobs.get(parameters["TransformJobName"])
        if job["TransformJobStatus"] != "InProgress":
            raise validation(
                f"The request was rejected because the transform job is in status {job['TransformJobStatus']}."
            )
        change(job, TransformJobStatus="Stopping")
    transform_run.tell(job)
    transform_run.request_stop(job["TransformJobName"])
    return {}


def list_jobs(parameters: Record) -> Record:
    found = select(transform_jobs.all(), parameters, name_key="TransformJobName", status_key="TransformJobStatus")
    return page(found, parameters, "TransformJobSummaries")


def _check(parameters: Record) -> None:
    concurrent, payload = parameters.get("MaxConcurrentTransforms", 1), parameters.get("MaxPayloadInMB", 6)
    if payload < 1:
        raise validation("MaxPayloadInMB must be at least 1 (the rehearsal plays no streaming)")
    if payload > MAXIMUM_PAYLOAD_MB or max(concurrent, 1) * payload > MAXIMUM_PAYLOAD_MB:
        raise validation(
            f"MaxConcurrentTransforms ({concurrent}) times MaxPayloadInMB ({payload}) must not exceed"
            f" {MAXIMUM_PAYLOAD_MB} MB"
        )
    resources = parameters["TransformResources"]
    keys.check_volume_key(resources.get("VolumeKmsKeyId"), resources["InstanceType"])
    objects.place(parameters["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"])
    objects.place(parameters["TransformOutput"]["S3OutputPath"])
    quotas.check_job(quotas.TRANSFORM, resources)


OPERATIONS = {
    "CreateTransformJob": create,
    "DescribeTransformJob": describe,
    "StopTransformJob": stop,
    "ListTransformJobs": list_jobs,
}
