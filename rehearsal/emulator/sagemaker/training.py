"""Training jobs: the interface. The work itself is in training_run."""

from __future__ import annotations

import time
from typing import Any

from rehearsal.emulator import background
from rehearsal.emulator.sagemaker import container, keys, objects, quotas, roles, tags, training_run
from rehearsal.emulator.sagemaker.errors import unsupported, validation
from rehearsal.emulator.sagemaker.paging import page, select
from rehearsal.emulator.sagemaker.store import Record, lock, training_jobs

SCRIPT_MODE = ("sagemaker_program", "sagemaker_submit_directory")
DEFAULT_RUNTIME_SECONDS = 86_400
DISTRIBUTED = ("sagemaker_mpi_enabled", "sagemaker_parameter_server_enabled")


def create(parameters: Record) -> Record:
    _check(parameters)
    name = parameters["TrainingJobName"]
    arn = training_jobs.arn(name)
    job = training_jobs.add(name, _record(parameters, arn))
    tags.put(arn, parameters.get("Tags"))
    background.run(training_run.TrainingRun(job).run)
    return {"TrainingJobArn": arn}


def describe(parameters: Record) -> Record:
    job = training_jobs.get(parameters["TrainingJobName"])
    with lock:
        return {**job, "SecondaryStatusTransitions": [dict(entry) for entry in job["SecondaryStatusTransitions"]]}


def stop(parameters: Record) -> Record:
    """Really stops the process; the model that is there by then is still kept, as on AWS."""
    with lock:
        job = training_jobs.get(parameters["TrainingJobName"])
        if job["TrainingJobStatus"] != "InProgress":
            raise validation(
                f"The request was rejected because the training job is in status {job['TrainingJobStatus']}."
            )
        training_run.move(job, "Stopping", "Stopping", "Stopping the training job")
    training_run.tell(job)
    training_run.request_stop(job["TrainingJobName"])
    return {}


def list_jobs(parameters: Record) -> Record:
    found = select(
        training_jobs.all(),
        parameters,
        name_key="TrainingJobName",
        status_key="TrainingJobStatus",
        default_order="Ascending",
    )
    return page(found, parameters, "TrainingJobSummaries")


def _check(parameters: Record) -> None:
    container.check_image(parameters["AlgorithmSpecification"].get("TrainingImage"))
    hyperparameters: dict[str, Any] = parameters.get("HyperParameters") or {}
    missing = [name for name in SCRIPT_MODE if name not in hyperparameters]
    if missing:
        raise unsupported(f"the image's built-in algorithm (hyperparameter {missing[0]} starts script mode)")
    for name in DISTRIBUTED:
        if name in hyperparameters:
            raise unsupported(f"distributed training (hyperparameter {name})")
    for needed in ("ResourceConfig", "StoppingCondition"):
        if needed not in parameters:
            raise validation(f"CreateTrainingJob needs {needed}")
    resources = parameters["ResourceConfig"]
    for needed in ("InstanceType", "InstanceCount", "VolumeSizeInGB"):
        if needed not in resources:
            raise validation(f"ResourceConfig needs {needed}")
    channels = [channel["ChannelName"] for channel in parameters.get("InputDataConfig") or []]
    if len(set(channels)) != len(channels):
        raise validation("Channel names must be unique within a training job")
    for channel in parameters.get("InputDataConfig") or []:
        if "S3DataSource" not in channel["DataSource"]:
            raise validation(f"Channel {channel['ChannelName']} has no S3DataSource")
        objects.place(channel["DataSource"]["S3DataSource"]["S3Uri"])
    keys.check_volume_key(resources.get("VolumeKmsKeyId"), resources["InstanceType"])
    roles.assume(parameters["RoleArn"])
    quotas.check_job(quotas.TRAINING, resources)


def _record(parameters: Record, arn: str) -> Record:
    now = time.time()
    stopping = {"MaxRuntimeInSeconds": DEFAULT_RUNTIME_SECONDS, **(parameters.get("StoppingCondition") or {})}
    record = {name: value for name, value in parameters.items() if name != "Tags"}
    return {
        "EnableNetworkIsolation": False,
        "EnableInterContainerTrafficEncryption": False,
        "EnableManagedSpotTraining": False,
        **record,
        "TrainingJobArn": arn,
        "StoppingCondition": stopping,
        "CreationTime": now,
        "LastModifiedTime": now,
        "TrainingJobStatus": "InProgress",
        "SecondaryStatus": "Starting",
        "SecondaryStatusTransitions": [
            {"Status": "Starting", "StartTime": now, "StatusMessage": "Starting the training job"}
        ],
    }


OPERATIONS = {
    "CreateTrainingJob": create,
    "DescribeTrainingJob": describe,
    "StopTrainingJob": stop,
    "ListTrainingJobs": list_jobs,
}
