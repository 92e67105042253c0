"""Faults enter at the service's interface: whoever calls sees what AWS would answer, and only who was meant."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator, statement, wait_until
from tests.emulator.fault_requests import FaultNotTaken, Faults, ask, error
from tests.emulator.functions import LOGS, invoke, make_function
from tests.emulator.sagemaker_world import World, create_world, fresh

SECONDS = 30
TOO_FAST = error("ThrottlingException", "Rate exceeded")
READS_A_TABLE = """
import boto3
def handler(event, context):
    return boto3.client("dynamodb").get_item(TableName=event, Key={"model": {"S": "churn"}})["Item"]["model"]["S"]
"""
Inject = Callable[..., str]


@pytest.fixture
def faults(emulator: Emulator) -> Faults:
    return Faults(emulator.url)


@pytest.fixture
def inject(faults: Faults) -> Iterator[Inject]:
    """Faults that are gone after the test, and that must have hit."""
    injected: list[str] = []

    def injecting(action: str, *, times: int = 1, **more: Any) -> str:
        injected.append(faults.inject(action, times=times, **more))
        return injected[-1]

    yield injecting
    assert all(faults.remove(identifier) for identifier in injected), "a fault never hit"


@pytest.fixture(scope="module")
def world(emulator: Emulator) -> World:
    return create_world(emulator, f"faults{uuid.uuid4().hex[:6]}")


@pytest.fixture(scope="module")
def table(emulator: Emulator) -> str:
    name = f"faults-{uuid.uuid4().hex[:8]}"
    dynamodb = emulator.client("dynamodb")
    dynamodb.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "model", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "model", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    dynamodb.put_item(TableName=name, Item={"model": {"S": "churn"}})
    return name


def code_of(call: Callable[..., Any], **parameters: Any) -> tuple[str, str, int]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    response = caught.value.response
    return response["Error"]["Code"], response["Error"]["Message"], response["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize(
    ("action", "service", "operation", "parameters"),
    [
        ("sagemaker:DescribeEndpoint", "sagemaker", "describe_endpoint", {"EndpointName": "churn"}),
        ("glue:GetCrawler", "glue", "get_crawler", {"Name": "churn"}),
        ("dynamodb:GetItem", "dynamodb", "get_item", {"TableName": "churn", "Key": {"model": {"S": "churn"}}}),
        ("cloudwatch:DeleteAlarms", "cloudwatch", "delete_alarms", {"AlarmNames": ["churn"]}),
        ("lambda:InvokeFunction", "lambda", "invoke", {"FunctionName": "churn"}),
        (
            "application-autoscaling:RegisterScalableTarget",
            "application-autoscaling",
            "register_scalable_target",
            {
                "ServiceNamespace": "sagemaker",
                "ResourceId": "endpoint/churn/variant/AllTraffic",
                "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
            },
        ),
    ],
)
def test_every_service_answers_with_the_code_and_the_message_that_were_asked_for(
    emulator: Emulator, inject: Inject, action: str, service: str, operation: str, parameters: dict[str, Any]
) -> None:
    inject(action, matches=["churn"], **TOO_FAST)
    seen = code_of(getattr(emulator.client(service), operation), **parameters)
    assert seen == ("ThrottlingException", "Rate exceeded", 400)


def test_a_fault_hits_as_often_as_it_was_asked_for_and_is_counted(
    emulator: Emulator, faults: Faults, inject: Inject, table: str
) -> None:
    identifier = inject("dynamodb:GetItem", times=2, matches=[table], **error("InternalServerError", "later", 500))
    read = emulator.client("dynamodb").get_item
    request = {"TableName": table, "Key": {"model": {"S": "churn"}}}
    assert [code_of(read, **request)[2] for _ in range(2)] == [500, 500]
    assert read(**request)["Item"] == {"model": {"S": "churn"}}
    assert faults.hits(identifier) == 2


def test_other_requests_and_other_callers_are_left_alone(emulator: Emulator, inject: Inject, table: str) -> None:
    reader = f"reader-{table}"
    role = emulator.role(reader, "lambda.amazonaws.com", [statement("dynamodb:GetItem")])
    inject("dynamodb:GetItem", caller=reader, matches=[table, "churn"], **TOO_FAST)
    request = {"TableName": table, "Key": {"model": {"S": "churn"}}}
    theirs = emulator.client("dynamodb", emulator.session(role))
    assert emulator.client("dynamodb").get_item(**request)["Item"]
    assert "Item" not in theirs.get_item(TableName=table, Key={"model": {"S": "other"}})
    assert code_of(theirs.get_item, **request)[0] == "ThrottlingException"


def test_a_fault_that_waits_for_another_call_hits_after_it(emulator: Emulator, inject: Inject, table: str) -> None:
    dynamodb = emulator.client("dynamodb")
    request = {"TableName": table, "Key": {"model": {"S": "churn"}}}
    inject("dynamodb:GetItem", matches=[table], after="dynamodb:DescribeTable", **TOO_FAST)
    assert dynamodb.get_item(**request)["Item"]
    dynamodb.describe_table(TableName=table)
    assert code_of(dynamodb.get_item, **request)[0] == "ThrottlingException"


def test_what_a_function_calls_fails_too(emulator: Emulator, inject: Inject, table: str) -> None:
    role = emulator.role(f"function-{table}", "lambda.amazonaws.com", [LOGS, statement("dynamodb:GetItem")])
    make_function(emulator, table, role, READS_A_TABLE)
    inject("dynamodb:GetItem", caller=f"function-{table}", **error("ResourceNotFoundException", "no such table"))
    answer, kind = invoke(emulator, table, table)
    assert (kind, answer["errorType"]) == ("Unhandled", "ResourceNotFoundException")
    assert "no such table" in answer["errorMessage"]
    assert invoke(emulator, table, table) == ("churn", None)


def test_a_function_fails_by_itself(emulator: Emulator, inject: Inject, table: str) -> None:
    refused = {"errorType": "DataRefused", "errorMessage": "column age: 3 values are no numbers"}
    inject("lambda:InvokeFunction", matches=[f"own-{table}"], function_error=refused)
    assert invoke(emulator, f"own-{table}") == (refused, "Unhandled")


def test_a_training_job_fails_without_having_run(world: World, inject: Inject) -> None:
    name = fresh("faulty")
    inject("sagemaker:CreateTrainingJob", matches=[name], job_failure="InternalServerError: the host was lost")
    job = world.train(name)
    assert (job["TrainingJobStatus"], job["FailureReason"]) == ("Failed", "InternalServerError: the host was lost")
    assert world.train(fresh("sound"))["TrainingJobStatus"] == "Completed"


def test_a_pending_job_waits_until_it_is_stopped(world: World, faults: Faults, inject: Inject) -> None:
    name = fresh("pending")
    identifier = inject("sagemaker:CreateTrainingJob", matches=[name], job_pending=True)
    world.sagemaker.create_training_job(**world.training_request(name))
    wait_until(lambda: faults.hits(identifier), SECONDS, "the job to come to its fault")
    assert world.sagemaker.describe_training_job(TrainingJobName=name)["TrainingJobStatus"] == "InProgress"
    world.sagemaker.stop_training_job(TrainingJobName=name)
    ended = world.ended_training(name)
    assert ended["TrainingJobStatus"] == "Stopped"
    assert "Downloading" not in [step["Status"] for step in ended["SecondaryStatusTransitions"]]


def test_an_endpoint_that_cannot_come_up_is_failed(world: World, inject: Inject) -> None:
    name = fresh("broken")
    inject("sagemaker:CreateEndpoint", matches=[name], job_failure="no answer to the health check")
    config = world.config(world.model(world.model_data()))
    world.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
    settled = world.settled(name)
    assert (settled["EndpointStatus"], settled["FailureReason"]) == ("Failed", "no answer to the health check")
    world.remove(name)


def test_a_removed_fault_hits_no_more(emulator: Emulator, faults: Faults, table: str) -> None:
    identifier = faults.inject("dynamodb:GetItem", times=9, matches=[table], **TOO_FAST)
    assert faults.remove(identifier) == 0
    assert emulator.client("dynamodb").get_item(TableName=table, Key={"model": {"S": "churn"}})["Item"]


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        ({"times": 1}, "missing fields ['action']"),
        ({"action": "glue:GetCrawler", "times": 1}, "exactly one of"),
        ({"action": "glue:GetCrawler", "times": 1, "sometimes": 2, **TOO_FAST}, "unknown fields ['sometimes']"),
        ({"action": "glue:GetCrawler", "times": 1, "job_failure": "x"}, "starts no job"),
        ({"action": "glue:StartJobRun", "times": 1, "job_failure": "x", "caller": "y"}, "a job has no caller"),
        ({"action": "sagemaker:CreateEndpoint", "times": 1, "job_pending": True}, "nobody can stop an endpoint"),
        ({"action": "s3:GetObject", "times": 1, **error("SlowDown", "x", 503)}, "errors of 's3' are not played"),
        ({"action": "glue:GetCrawler", "times": 1, **error("Fine", "x", 200)}, "the status 200 is no error"),
        ({"action": "glue:GetCrawler", "times": 1, "function_error": {}}, "runs no function"),
    ],
)
def test_a_fault_that_could_have_no_effect_is_refused(
    emulator: Emulator, fault: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(FaultNotTaken) as refused:
        ask(f"{emulator.url}/_rehearsal/faults", "POST", fault)
    assert complaint in str(refused.value)
