"""Errors that are tried again: by class of error, with jitter, and with a name of its own."""

from typing import Any

import pytest

from tests.workflow.assembly import all_states, integration, machine, tasks

GLUE_API = {
    "Glue.OperationTimeoutException",
    "Glue.InternalServiceException",
    "Glue.ThrottlingException",
    "Glue.GlueException",
}
SAGEMAKER_API = {"SageMaker.SageMakerException"}
SAGEMAKER_JOB = SAGEMAKER_API | {
    "SageMaker.AmazonSageMakerException",
    "States.TaskFailed",
}
REGISTRY = SAGEMAKER_API | {"SageMaker.ConflictException"}
DYNAMODB = {
    f"{service}.{error}Exception"
    for service in ("DynamoDb", "DynamoDB")
    for error in ("ProvisionedThroughputExceeded", "RequestLimitExceeded", "Throttling", "InternalServerError")
} | {"DynamoDb.DynamoDbException", "DynamoDB.AmazonDynamoDBException"}

RETRIED = {
    "lambda:invoke": {
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.TooManyRequestsException",
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.ResourceNotReadyException",
        "Lambda.ENINotReadyException",
        "Lambda.CodeArtifactUserPendingException",
        "Lambda.ResourceConflictException",
        "Lambda.EC2ThrottledException",
        "Runtime.ExitError",
        "Lambda.Unknown",
    },
    "glue:startJobRun.sync": GLUE_API
    | {
        "Glue.AWSGlueException",
        "Glue.ConcurrentRunsExceededException",
        "Glue.ResourceNumberLimitExceededException",
    },
    "aws-sdk:glue:startCrawler": GLUE_API,
    "aws-sdk:glue:getCrawler": GLUE_API,
    "sagemaker:createTrainingJob.sync": SAGEMAKER_JOB,
    "sagemaker:createTransformJob.sync": SAGEMAKER_JOB,
    "aws-sdk:sagemaker:createModelPackage": REGISTRY,
    "aws-sdk:sagemaker:updateModelPackage": REGISTRY,
    "aws-sdk:sagemaker:describeModelPackage": REGISTRY,
    "aws-sdk:sagemaker": SAGEMAKER_API,
    "aws-sdk:dynamodb": DYNAMODB,
    "aws-sdk:cloudwatch": {"CloudWatch.CloudWatchException", "CloudWatch.InternalServiceException"},
    "aws-sdk:applicationautoscaling": {
        "ApplicationAutoScaling.ApplicationAutoScalingException",
        "ApplicationAutoScaling.ConcurrentUpdateException",
        "ApplicationAutoScaling.InternalServiceException",
    },
}


def _retriers(of: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Those that try again; one with no attempts takes its errors out."""
    return [
        (name, retrier)
        for name, task in tasks().items()
        for retrier in task["Retry"]
        if retrier["MaxAttempts"] and of in ("", name)
    ]


@pytest.mark.parametrize(("name", "task"), tasks().items())
def test_exactly_the_passing_errors_of_the_service_are_retried(name: str, task: dict[str, Any]) -> None:
    called = integration(task)
    expected = RETRIED.get(called) or RETRIED[called.rsplit(":", 1)[0]]
    assert {error for _, retrier in _retriers(name) for error in retrier["ErrorEquals"]} == expected, name


def test_no_retry_covers_every_error() -> None:
    assert not [name for name, retrier in _retriers() if "States.ALL" in retrier["ErrorEquals"]]


@pytest.mark.parametrize("kind", ["training", "deployment"])
def test_only_a_task_tries_again(kind: str) -> None:
    """A map that starts again would repeat what its items have done; the tests here look at tasks."""
    assert not [
        name for name, state in all_states(machine(kind)).items() if "Retry" in state and state["Type"] != "Task"
    ]


def test_every_retry_has_full_jitter_and_bounded_patience() -> None:
    """But the one that waits for network interfaces: drawn delays might all be short, and they not yet back."""
    for name, retrier in _retriers():
        waking = "Lambda.ResourceNotReadyException" in retrier["ErrorEquals"]
        assert retrier["JitterStrategy"] == ("NONE" if waking else "FULL"), name
        assert 0 < retrier["IntervalSeconds"] < retrier["MaxDelaySeconds"] <= 600, name
        assert 1 <= retrier["MaxAttempts"] <= 10, name
        assert 1 < retrier["BackoffRate"] <= 3, name


def test_an_idle_function_is_waited_for_longer_than_its_interfaces_take() -> None:
    """They take 60 to 90 seconds (AWS Compute blog, improved VPC networking): every error of theirs has longer."""
    for error in ("ResourceNotReady", "ENINotReady", "CodeArtifactUserPending", "ResourceConflict", "EC2Throttled"):
        found = [retrier for _, retrier in _retriers() if f"Lambda.{error}Exception" in retrier["ErrorEquals"]]
        assert found, error
        for retrier in found:
            assert retrier["JitterStrategy"] == "NONE", error
            assert 3 * 90 < sum(_delays(retrier)) < 15 * 60, error


def test_a_crashed_function_is_tried_again_but_not_for_long() -> None:
    crashed = [retrier for _, retrier in _retriers() if "Runtime.ExitError" in retrier["ErrorEquals"]]
    assert crashed
    assert {retrier["MaxAttempts"] for retrier in crashed} == {2}


def _delays(retrier: dict[str, Any]) -> list[float]:
    """The delays before each attempt, without jitter."""
    grown = [
        retrier["IntervalSeconds"] * retrier["BackoffRate"] ** attempt for attempt in range(retrier["MaxAttempts"])
    ]
    return [min(delay, retrier["MaxDelaySeconds"]) for delay in grown]


def test_a_job_that_ended_badly_is_tried_once_more_at_most_and_only_after_all_named_errors() -> None:
    for name, task in tasks().items():
        for position, retrier in enumerate(task["Retry"]):
            if "States.TaskFailed" in retrier["ErrorEquals"]:
                assert retrier["MaxAttempts"] == 1, name
                assert position == len(task["Retry"]) - 1, name


def test_no_error_is_named_by_two_retriers_of_a_task() -> None:
    for name, task in tasks().items():
        named = [error for retrier in task["Retry"] for error in retrier["ErrorEquals"]]
        assert len(named) == len(set(named)), name


def test_an_error_of_a_function_that_refuses_is_never_retried() -> None:
    retried = {error for _, retrier in _retriers() for error in retrier["ErrorEquals"]}
    assert not retried & {"GateRefused", "DataRefused", "States.Timeout"}


def test_a_busy_quota_is_waited_for_longer_than_a_hiccup() -> None:
    longest: dict[str, int] = {}
    for _, retrier in _retriers():
        for error in retrier["ErrorEquals"]:
            longest[error] = sum(_delays(retrier))
    assert longest["Glue.ConcurrentRunsExceededException"] > 30 * 60
    assert longest["Glue.ResourceNumberLimitExceededException"] > 30 * 60
    assert longest["SageMaker.SageMakerException"] < 5 * 60
