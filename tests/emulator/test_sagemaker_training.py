"""Training jobs: a real process under the image's toolkit, with the job's role, and AWS's states and reasons."""

from __future__ import annotations

import io
import json
import tarfile
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.emulator.conftest import Emulator, wait_until
from tests.emulator.sagemaker_world import TRAIN, World, archive, channel, create_world, error_of, fresh

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world(emulator: Emulator) -> Iterator[World]:
    yield create_world(emulator, "sagetrain")


def model_of(world: World, job: dict[str, Any]) -> dict[str, Any]:
    packed = world.get(job["ModelArtifacts"]["S3ModelArtifacts"])
    with tarfile.open(fileobj=io.BytesIO(packed)) as content:
        return json.load(content.extractfile("model.json"))  # pyright: ignore[reportArgumentType]


def test_a_job_trains_and_leaves_its_model_its_log_and_its_metrics(world: World) -> None:
    name = fresh("churn-train")
    definitions = [{"Name": "validation:mean", "Regex": "validation mean=([0-9.]+)"}]
    algorithm = {**world.training_request(name)["AlgorithmSpecification"], "MetricDefinitions": definitions}
    job = world.train(name, AlgorithmSpecification=algorithm)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == f"s3://{world.bucket}/models/churn/{name}/output/model.tar.gz"
    assert model_of(world, job)["mean"] == 3.0
    assert model_of(world, job)["files"] == ["a.csv", "deep/b.csv"]
    assert job["FinalMetricDataList"][0]["Value"] == 3.0
    statuses = [step["Status"] for step in job["SecondaryStatusTransitions"]]
    assert statuses == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    events = world.emulator.client("logs").filter_log_events(
        logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=f"{name}/algo-1-", filterPattern="mean"
    )["events"]
    assert any("validation mean=3.0" in event["message"] for event in events)


def test_an_isolated_container_has_no_credentials_and_no_network(world: World) -> None:
    script = (
        "import socket\n"
        "try:\n"
        "    socket.create_connection(('192.0.2.1', 443), timeout=1)\n"
        "    print('reached the outside')\n"
        "except OSError as error:\n"
        "    print(f'stayed inside: {error}')\n"
    ) + TRAIN
    code = world.put("code/isolated.tar.gz", archive({"train.py": script, "inference.py": ""}))
    name = fresh("churn-isolated")
    channels = [channel("train", f"s3://{world.bucket}/data/train/"), channel("code", code)]
    job = world.train(
        name,
        InputDataConfig=channels,
        HyperParameters={"sagemaker_submit_directory": "/opt/ml/input/data/code/isolated.tar.gz"},
    )
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert model_of(world, job)["secrets"] == []
    assert "stayed inside: [Errno -3] network isolation" in log_of(world, name)
    assert "reached the outside" not in log_of(world, name)


def test_a_container_with_a_network_has_the_jobs_role(world: World) -> None:
    job = world.train(fresh("churn-open"), EnableNetworkIsolation=False)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert "AWS_SESSION_TOKEN" in model_of(world, job)["secrets"]


def test_the_same_training_leaves_the_same_bytes(world: World) -> None:
    jobs = [world.train(fresh("churn-same")) for _ in range(2)]
    first, second = (world.get(job["ModelArtifacts"]["S3ModelArtifacts"]) for job in jobs)
    assert first == second


def test_the_reason_a_script_wrote_is_replaced_by_the_toolkits(world: World) -> None:
    name = fresh("churn-fails")
    job = world.train(name, HyperParameters={"fail": "yes"})
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("AlgorithmError: ExecuteUserScriptError:\nCommand ")
    assert "-m train --fail yes" in job["FailureReason"]
    assert "my own reason" not in job["FailureReason"]
    assert 'PLATFORM_FAILURE {"reason": "asked to"}' in log_of(world, name)


def test_without_the_pip_switch_a_job_dies_in_pip_as_on_aws(world: World) -> None:
    job = world.train(fresh("churn-pip"), Environment={"PIP_NO_BUILD_ISOLATION": "1"})
    assert job["TrainingJobStatus"] == "Failed"
    assert "InstallModuleError" in job["FailureReason"]


def test_a_manifest_names_the_objects_of_a_channel(world: World) -> None:
    world.put("clean/source=1/split=train/part-0.csv", "10\n")
    world.put("clean/source=2/split=train/part-0.csv", "20\n")
    entries = [{"prefix": f"s3://{world.bucket}/clean/"}, "source=2/split=train/part-0.csv"]
    manifest = world.put("runs/train.manifest", json.dumps(entries))
    channels = [
        channel("train", manifest, "ManifestFile"),
        channel("code", f"s3://{world.bucket}/code/sourcedir.tar.gz"),
    ]
    job = world.train(fresh("churn-manifest"), InputDataConfig=channels)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    assert model_of(world, job) | {"secrets": []} == {
        "mean": 20.0,
        "files": ["source=2/split=train/part-0.csv"],
        "secrets": [],
    }


def test_a_channel_that_the_role_may_not_read_fails_the_job(world: World) -> None:
    secret = "sagetrain-heldout"
    world.s3.create_bucket(Bucket=secret)
    world.s3.put_object(Bucket=secret, Key="a.csv", Body=b"1")
    job = world.train(fresh("churn-denied"), InputDataConfig=[channel("train", f"s3://{secret}/")])
    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: AccessDenied")


def test_an_empty_channel_fails_the_job(world: World) -> None:
    job = world.train(fresh("churn-empty"), InputDataConfig=[channel("train", f"s3://{world.bucket}/nothing/")])
    assert job["TrainingJobStatus"] == "Failed"
    assert "No S3 objects found under S3 URL" in job["FailureReason"]


def test_stopping_a_job_really_ends_its_process(world: World) -> None:
    name = fresh("churn-stop")
    world.sagemaker.create_training_job(**world.training_request(name, HyperParameters={"sleep": "300"}))
    wait_until(lambda: "sleeping" in log_of(world, name), 60, "the script to start")
    world.sagemaker.stop_training_job(TrainingJobName=name)
    job = world.ended_training(name)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert error_of(world.sagemaker.stop_training_job, TrainingJobName=name)[0] == "ValidationException"


def test_a_job_over_its_time_ends_as_stopped(world: World) -> None:
    started = time.monotonic()
    job = world.train(
        fresh("churn-long"), HyperParameters={"sleep": "300"}, StoppingCondition={"MaxRuntimeInSeconds": 6}
    )
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert time.monotonic() - started < 60


def test_a_role_that_does_not_trust_sagemaker_is_refused(world: World) -> None:
    role = world.emulator.role("sagetrain-glue", "glue.amazonaws.com")
    code, message = error_of(
        world.sagemaker.create_training_job, **world.training_request(fresh("churn-trust"), RoleArn=role)
    )
    assert code == "ValidationException"
    assert "Could not assume role" in message


def test_a_name_can_be_used_once(world: World) -> None:
    name = fresh("churn-once")
    world.train(name, HyperParameters={"fail": "yes"})
    code, message = error_of(world.sagemaker.create_training_job, **world.training_request(name))
    assert code == "ResourceInUse"
    assert "must be unique" in message


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        ({"TrainingJobName": "churn_train"}, "ValidationException", "regular expression pattern"),
        ({"TrainingJobName": "x" * 64}, "ValidationException", "less than or equal to 63"),
        ({"CheckpointConfig": {"S3Uri": "s3://a/b"}}, "NotSupportedByRehearsal", "CheckpointConfig"),
        ({"EnableManagedSpotTraining": True}, "NotSupportedByRehearsal", "EnableManagedSpotTraining"),
        ({"HyperParameters": {"a": "x" * 2501}}, "ValidationException", "less than or equal to 2500"),
        (
            {"ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1}},
            "NotSupportedByRehearsal",
            "InstanceCount 2",
        ),
        (
            {"AlgorithmSpecification": {"TrainingImage": "example/own:1", "TrainingInputMode": "File"}},
            "NotSupportedByRehearsal",
            "the image example/own:1",
        ),
    ],
)
def test_what_aws_refuses_or_the_rehearsal_cannot_play_is_refused_at_once(
    world: World, more: dict[str, Any], code: str, words: str
) -> None:
    request = world.training_request(fresh("churn-refused"), **more)
    client = unchecked(world)
    assert error_of(client.create_training_job, **request)[0] == code
    assert words in error_of(client.create_training_job, **request)[1]


def test_an_operation_that_is_not_played_says_so(world: World) -> None:
    code, message = error_of(world.sagemaker.list_pipelines)
    assert code == "UnknownOperationException"
    assert "ListPipelines" in message


def unchecked(world: World) -> Any:
    """A client that sends what its own library would refuse."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        "sagemaker",
        endpoint_url=world.emulator.url,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(parameter_validation=False, retries={"total_max_attempts": 1}),
    )


def log_of(world: World, name: str) -> str:
    logs = world.emulator.client("logs")
    try:
        events = logs.filter_log_events(
            logGroupName="/aws/sagemaker/TrainingJobs", logStreamNamePrefix=f"{name}/", limit=10_000
        )["events"]
    except logs.exceptions.ResourceNotFoundException:
        return ""
    return "\n".join(event["message"] for event in events)
