"""The training job that the workflow ran, asked again with one thing changed."""

import time
from typing import Any

import pytest

from rehearsal import people
from rehearsal.journey import Outcome, stack_outputs
from rehearsal.samples import Sample
from tests.rehearsal.conftest import Platform

pytestmark = pytest.mark.slow

JOB_DEADLINE_SECONDS = 180
COPIED = (
    "RoleArn",
    "AlgorithmSpecification",
    "HyperParameters",
    "InputDataConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "StoppingCondition",
    "VpcConfig",
    "Environment",
    "EnableNetworkIsolation",
)


@pytest.fixture(scope="module")
def sagemaker(platform: Platform) -> Any:
    return people.owner(platform.emulator, "sagemaker")


@pytest.fixture(scope="module")
def job(sagemaker: Any, outcome: Outcome, flagship: Sample) -> dict[str, Any]:
    """DescribeTrainingJob's answer for the job of the flagship's run."""
    assert outcome.predictions
    run = outcome.package["CustomerMetadataProperties"]["run"]
    found = sagemaker.list_training_jobs(StatusEquals="Completed", NameContains=f"-{flagship.model}-{run}-")
    [summary] = found["TrainingJobSummaries"]
    return sagemaker.describe_training_job(TrainingJobName=summary["TrainingJobName"])


def run_again(sagemaker: Any, job: dict[str, Any], name: str, **changes: Any) -> dict[str, Any]:
    request = {field: job[field] for field in COPIED if field in job} | changes
    sagemaker.create_training_job(TrainingJobName=name, **request)
    deadline = time.monotonic() + JOB_DEADLINE_SECONDS
    while time.monotonic() < deadline:
        described = sagemaker.describe_training_job(TrainingJobName=name)
        if described["TrainingJobStatus"] in ("Completed", "Failed", "Stopped"):
            return described
        time.sleep(0.2)
    raise AssertionError(f"{name} has not ended in {JOB_DEADLINE_SECONDS} s")


def archive(platform: Platform, job: dict[str, Any]) -> bytes:
    bucket, key = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://").split("/", 1)
    return people.owner(platform.emulator, "s3").get_object(Bucket=bucket, Key=key)["Body"].read()


def test_a_second_training_on_the_same_data_gives_the_same_model_bytes(
    platform: Platform, sagemaker: Any, job: dict[str, Any]
) -> None:
    again = run_again(sagemaker, job, f"{job['TrainingJobName']}-again")

    assert again["TrainingJobStatus"] == "Completed", again.get("FailureReason")
    assert archive(platform, again) == archive(platform, job)


def test_sagemaker_shows_the_metrics_that_the_training_code_prints(platform: Platform, job: dict[str, Any]) -> None:
    found = {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}
    listed = people.owner(platform.emulator, "cloudwatch").list_metrics(
        Namespace="/aws/sagemaker/TrainingJobs", MetricName="boosted-auc"
    )["Metrics"]

    assert set(found) == {f"{who}-{what}" for who in ("boosted", "linear") for what in ("auc", "error", "log_loss")}
    assert 0.5 < found["boosted-auc"] <= 1
    assert [{"Name": "TrainingJobName", "Value": job["TrainingJobName"]}] in [each["Dimensions"] for each in listed]


@pytest.mark.parametrize("prefix", ["holdout", "heldout", "evaluation"])
def test_the_training_role_cannot_read_the_holdout(
    platform: Platform, sagemaker: Any, job: dict[str, Any], flagship: Sample, prefix: str
) -> None:
    bucket = stack_outputs(platform.emulator, "mlops-rehearsal-storage")["DataBucketName"]
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/{prefix}/{flagship.model}/"}
    channel = {"ChannelName": "train", "DataSource": {"S3DataSource": source}}
    failed = run_again(sagemaker, job, f"mlops-rehearsal-leak-{prefix}", InputDataConfig=[channel])

    assert failed["TrainingJobStatus"] == "Failed"
    assert "AccessDenied" in failed["FailureReason"]
