"""One model from its data to its end, by people and services with the roles that they would have."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.emulator.conftest import ACCOUNT, REGION, Emulator, statement, wait_until
from tests.emulator.sagemaker_world import JOB_SECONDS, SERVING_ENVIRONMENT, World, create_world, error_of, fresh

pytestmark = pytest.mark.slow

BASE = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}"


@pytest.fixture(scope="module")
def world(emulator: Emulator) -> Iterator[World]:
    """A world whose SageMaker client is a state machine's role, with the actions that it needs and no others."""
    made = create_world(emulator, "sagejourney")
    condition = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    kinds = ("training-job", "transform-job", "model", "endpoint", "endpoint-config")
    own = [f"{BASE}:{kind}/*" for kind in (*kinds, "model-package", "model-package-group")]
    verbs = ["sagemaker:Create*", "sagemaker:Describe*", "sagemaker:Update*", "sagemaker:Delete*"]
    statements = [
        statement(verbs, own),
        statement("sagemaker:ListEndpoints"),
        statement("iam:PassRole", made.role, Condition=condition),
    ]
    machine = emulator.role("sagejourney-machine", "states.amazonaws.com", statements)
    made.sagemaker = emulator.client("sagemaker", emulator.session(machine))
    invoke = [statement("sagemaker:InvokeEndpoint", f"{BASE}:endpoint/*")]
    caller = emulator.role("sagejourney-caller", "lambda.amazonaws.com", invoke)
    made.runtime = emulator.client("sagemaker-runtime", emulator.session(caller))
    yield made


def test_a_model_goes_from_data_to_predictions_through_an_update_a_rollback_and_an_end(world: World) -> None:
    model_data = trained(world)
    assert scored(world, model_data) == [4.0, 5.0]
    endpoint = fresh("churn-live")
    first = deployed(world, endpoint, approved(world, model_data))
    assert world.ask(endpoint, "1")["sum"] == 4.0

    second = configured(world, approved(world, world.model_data(mean=50.0)))
    guard = world.guard(fresh("churn-guard"), endpoint, second)
    update(world, endpoint, second, guard)
    assert world.settled(endpoint)["EndpointConfigName"] == second
    assert world.ask(endpoint, "1")["sum"] == 51.0

    third = configured(world, approved(world, world.model_data(mean=90.0)))
    guard = world.guard(fresh("churn-guard"), endpoint, third)
    update(world, endpoint, third, guard)
    wait_until(lambda: world.ask(endpoint, "1")["sum"] == 91.0, 60, "the third version to answer")
    assert error_of(world.ask, endpoint_name=endpoint, body="explode")[0] == "ModelError"
    rolled_back = world.settled(endpoint)
    assert rolled_back["EndpointConfigName"] == second
    assert guard in rolled_back["FailureReason"]
    assert world.ask(endpoint, "1")["sum"] == 51.0

    world.remove(endpoint)
    for config in (first, second, third):
        world.sagemaker.delete_endpoint_config(EndpointConfigName=config)
    assert error_of(world.ask, endpoint_name=endpoint)[0] == "ValidationError"


def trained(world: World) -> str:
    job = world.train(fresh("churn-train"))
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    return job["ModelArtifacts"]["S3ModelArtifacts"]


def scored(world: World, model_data: str) -> list[float]:
    """The candidate's scores of a hold-out of two rows, by batch transform."""
    world.put("evaluation/features/part-0.jsonl", "1\n2\n")
    model = world.model(model_data)
    name = fresh("churn-holdout")
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{world.bucket}/evaluation/features/"}
    world.sagemaker.create_transform_job(
        TransformJobName=name,
        ModelName=model,
        BatchStrategy="MultiRecord",
        MaxPayloadInMB=6,
        MaxConcurrentTransforms=1,
        TransformInput={
            "DataSource": {"S3DataSource": source},
            "ContentType": "application/jsonlines",
            "SplitType": "Line",
        },
        TransformOutput={
            "S3OutputPath": f"s3://{world.bucket}/evaluation/candidate",
            "Accept": "application/jsonlines",
            "AssembleWith": "Line",
        },
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )

    def ended() -> Any:
        job = world.sagemaker.describe_transform_job(TransformJobName=name)
        return job if job["TransformJobStatus"] != "InProgress" else None

    job = wait_until(ended, JOB_SECONDS, "the transform job to end")
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    world.sagemaker.delete_model(ModelName=model)
    lines = world.get(f"s3://{world.bucket}/evaluation/candidate/part-0.jsonl.out").splitlines()
    return [json.loads(line)["sum"] for line in lines]


def approved(world: World, model_data: str) -> str:
    """Register a version and approve it."""
    group = "churn-journey"
    code = None
    try:
        world.sagemaker.create_model_package_group(ModelPackageGroupName=group)
    except world.sagemaker.exceptions.ClientError as error:
        code = error.response["Error"]["Code"]
    assert code in (None, "ValidationException")
    container = {**world.container(model_data), "Environment": SERVING_ENVIRONMENT}
    arn = world.sagemaker.create_model_package(
        ModelPackageGroupName=group,
        ModelApprovalStatus="PendingManualApproval",
        InferenceSpecification={
            "Containers": [container],
            "SupportedContentTypes": ["application/jsonlines"],
            "SupportedResponseMIMETypes": ["application/jsonlines"],
            "SupportedRealtimeInferenceInstanceTypes": ["ml.t2.medium"],
            "SupportedTransformInstanceTypes": ["ml.m5.large"],
        },
    )["ModelPackageArn"]
    world.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    return arn


def configured(world: World, package: str) -> str:
    """A model from the package and a configuration for it."""
    model = fresh("churn-version")
    world.sagemaker.create_model(
        ModelName=model,
        PrimaryContainer={"ModelPackageName": package},
        ExecutionRoleArn=world.role,
        EnableNetworkIsolation=True,
    )
    return world.config(model)


def deployed(world: World, endpoint: str, package: str) -> str:
    config = configured(world, package)
    world.sagemaker.create_endpoint(EndpointName=endpoint, EndpointConfigName=config)
    settled = world.settled(endpoint)
    assert settled["EndpointStatus"] == "InService", settled.get("FailureReason")
    return config


def update(world: World, endpoint: str, config: str, guard: str) -> None:
    world.sagemaker.update_endpoint(
        EndpointName=endpoint,
        EndpointConfigName=config,
        RetainAllVariantProperties=True,
        DeploymentConfig={
            "BlueGreenUpdatePolicy": {
                "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0},
                "TerminationWaitInSeconds": 100,
                "MaximumExecutionTimeoutInSeconds": 1800,
            },
            "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": guard}]},
        },
    )
