"""The inside of a training container: what SageMaker puts below /opt/ml, and what it takes out again."""

from __future__ import annotations

import json

from rehearsal.emulator.sagemaker import archives, objects
from rehearsal.emulator.sagemaker.container import Container
from rehearsal.emulator.sagemaker.roles import Role
from rehearsal.emulator.sagemaker.store import Record

HOST = "algo-1"
GROUP = "homogeneousCluster"
REASON_LENGTH = 1024
PATHS = ("sagemaker_program", "sagemaker_submit_directory")


def fill(box: Container, job: Record, role: Role) -> None:
    """Download the channels and write the configuration files."""
    config = box.base / "input" / "config"
    for folder in (config, box.base / "model", box.base / "output" / "data", box.base / "input" / "data"):
        folder.mkdir(parents=True, exist_ok=True)
    channels = job.get("InputDataConfig") or []
    for channel in channels:
        wanted = objects.inputs(role, channel["DataSource"]["S3DataSource"])
        objects.download(role, wanted, box.base / "input" / "data" / channel["ChannelName"])
    files = {
        "hyperparameters.json": _hyperparameters(box, job.get("HyperParameters") or {}),
        "inputdataconfig.json": {channel["ChannelName"]: _channel(channel) for channel in channels},
        "resourceconfig.json": _resources(job["ResourceConfig"]["InstanceType"]),
    }
    for name, content in files.items():
        (config / name).write_text(json.dumps(content), encoding="utf-8")


def take_out(box: Container, job: Record, role: Role) -> str:
    """Upload the model and further output; the model's URI."""
    output = job["OutputDataConfig"]
    prefix, key = output["S3OutputPath"], output.get("KmsKeyId")
    model = objects.below(prefix, job["TrainingJobName"], "output", "model.tar.gz")
    objects.write(role, model, archives.pack(box.base / "model"), key)
    data = box.base / "output" / "data"
    if any(data.iterdir()):
        further = objects.below(prefix, job["TrainingJobName"], "output", "output.tar.gz")
        objects.write(role, further, archives.pack(data), key)
    return str(model)


def failure_reason(box: Container, exit_code: int) -> str:
    """The failure reason that SageMaker makes of the failure file, which the toolkit has written over by then."""
    failure = box.base / "output" / "failure"
    text = failure.read_text("utf-8", "replace")[:REASON_LENGTH] if failure.exists() else "See job logs for the cause"
    ending = f", exit code: {exit_code}"
    return f"AlgorithmError: {text}"[: REASON_LENGTH - len(ending)] + ending


def _hyperparameters(box: Container, given: dict[str, str]) -> dict[str, str]:
    """The strings of the request; only the toolkit's own paths follow /opt/ml to where it is here."""
    return {name: box.relocated(value) if name in PATHS else value for name, value in given.items()}


def _resources(instance_type: str) -> Record:
    return {
        "current_host": HOST,
        "current_instance_type": instance_type,
        "current_group_name": GROUP,
        "hosts": [HOST],
        "instance_groups": [{"instance_group_name": GROUP, "instance_type": instance_type, "hosts": [HOST]}],
        "network_interface_name": "eth0",
    }


def _channel(channel: Record) -> Record:
    source = channel["DataSource"]["S3DataSource"]
    config = {
        "TrainingInputMode": channel.get("InputMode", "File"),
        "S3DistributionType": source.get("S3DataDistributionType", "FullyReplicated"),
        "RecordWrapperType": channel.get("RecordWrapperType", "None"),
    }
    return config | ({"ContentType": channel["ContentType"]} if "ContentType" in channel else {})
