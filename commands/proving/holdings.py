"""Objects and running work that a model has on a stage: for telling whether it is in use, and for its removal."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from commands.executions import running
from commands.platform import Model, Platform
from commands.proving.resources import TRAINING_JOBS, TRANSFORM_JOBS

ACTIVE_JOB = ("InProgress", "Stopping")
ACTIVE_GLUE_RUN = ("STARTING", "RUNNING", "STOPPING", "WAITING")
RUNS_LOOKED_AT = 50


@dataclass(frozen=True)
class Stored:
    """One version, or one delete marker, of an object."""

    bucket: str
    key: str
    version: str


def objects(platform: Platform, model: Model) -> Iterator[Stored]:
    """Every version under AREA/MODEL/ and under MODEL/ in the buckets that runs write to."""
    s3 = platform.session.client("s3")
    for bucket in platform.buckets:
        for prefix in (f"{model.name}/", *(f"{area}{model.name}/" for area in _areas(s3, bucket))):
            for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix):
                for entry in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                    yield Stored(bucket, entry["Key"], entry["VersionId"])


def executions(platform: Platform, model: Model) -> list[str]:
    """The ARNs of the executions that run now."""
    return [arn for kind in model.machines for arn in running(platform.session, model, kind)]


def jobs(platform: Platform, model: Model) -> list[str]:
    """Jobs of the model that still write, also those of an execution that was stopped."""
    found: list[str] = []
    for kind in (TRAINING_JOBS, TRANSFORM_JOBS):
        for status in ACTIVE_JOB:
            found += [name for name, _ in kind.of(platform.session, model, StatusEquals=status)]
    return found + list(_glue_runs(platform, model))


def _glue_runs(platform: Platform, model: Model) -> Iterator[str]:
    glue = platform.session.client("glue")
    names = [job["Name"] for page in glue.get_paginator("get_jobs").paginate() for job in page["Jobs"]]
    for name in names:
        if name.startswith(f"{platform.session.prefix}-"):
            for run in glue.get_job_runs(JobName=name, MaxResults=RUNS_LOOKED_AT)["JobRuns"]:
                if run["JobRunState"] in ACTIVE_GLUE_RUN and f"/{model.name}/" in str(run.get("Arguments")):
                    yield run["Id"]


def _areas(s3: Any, bucket: str) -> Iterator[str]:
    """The first folders of the bucket, those too in which nothing current is left."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Delimiter="/"):
        yield from (entry["Prefix"] for entry in page.get("CommonPrefixes", []))
