"""Tasks against the emulator's other services: Lambda, SageMaker, SNS, SQS and EventBridge."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from tests.emulator.conftest import Emulator, statement, wait_until
from tests.emulator.functions import LOGS, make_function
from tests.emulator.sagemaker_world import World, create_world

pytestmark = pytest.mark.slow
SECONDS = 60
FUNCTION = """
class DataRefused(Exception):
    pass


def handler(event, context):
    if event.get("refuse"):
        raise DataRefused("a.csv, column age: 3 values are no numbers")
    return {"seen": event}
"""
CATCH = [{"ErrorEquals": ["States.ALL"], "Next": "Caught", "Output": "{% $states.errorOutput %}"}]
RULES = "arn:aws:events:us-east-1:000000000000:rule/StepFunctionsGetEventsForSageMaker"
MANAGED_RULES = statement(
    ["events:PutTargets", "events:PutRule", "events:DescribeRule"],
    [f"{RULES}TrainingJobsRule", f"{RULES}TransformJobsRule"],
)


@dataclass
class Desk:
    """Runs single tasks, each in a machine with a role of its own."""

    emulator: Emulator
    name: str

    def start(self, resource: str, arguments: Any, allowed: list[dict[str, Any]], **task: Any) -> str:
        sfn = self.emulator.client("stepfunctions")
        name = f"{self.name}-{uuid.uuid4().hex[:6]}"
        state = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Arguments": arguments, "End": True}
        states = {"Task": {**state, "Catch": CATCH, **task}, "Caught": {"Type": "Succeed"}}
        definition = {"QueryLanguage": "JSONata", "StartAt": "Task", "TimeoutSeconds": 120, "States": states}
        role = self.emulator.role(name, "states.amazonaws.com", allowed)
        machine = sfn.create_state_machine(name=name, definition=json.dumps(definition), roleArn=role)
        return str(sfn.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"])

    def ended(self, execution: str) -> dict[str, Any]:
        sfn = self.emulator.client("stepfunctions")

        def over() -> dict[str, Any] | None:
            answer = sfn.describe_execution(executionArn=execution)
            return None if answer["status"] == "RUNNING" else answer

        return dict(wait_until(over, SECONDS, f"the end of {execution}"))

    def output(self, resource: str, arguments: Any, *allowed: dict[str, Any], **task: Any) -> Any:
        ended = self.ended(self.start(resource, arguments, list(allowed), **task))
        assert ended["status"] == "SUCCEEDED", ended
        return json.loads(ended["output"])


@pytest.fixture
def desk(emulator: Emulator) -> Desk:
    return Desk(emulator, f"desk-{uuid.uuid4().hex[:8]}")


@pytest.fixture(scope="module")
def function(emulator: Emulator) -> str:
    name = f"judge-{uuid.uuid4().hex[:8]}"
    role = emulator.role(name, "lambda.amazonaws.com", [LOGS])
    return make_function(emulator, name, role, FUNCTION)


@pytest.fixture(scope="module")
def world(emulator: Emulator) -> World:
    return create_world(emulator, f"flow{uuid.uuid4().hex[:6]}")


def test_a_function_gets_its_payload_and_its_answer_is_parsed(desk: Desk, function: str) -> None:
    arguments = {"FunctionName": function, "Payload": {"model": "{% 'chu' & 'rn' %}"}}
    answer = desk.output("lambda:invoke", arguments, statement("lambda:InvokeFunction", function))
    assert answer["Payload"] == {"seen": {"model": "churn"}}
    assert answer["StatusCode"] == 200


def test_a_functions_exception_has_the_name_of_its_class(desk: Desk, function: str) -> None:
    arguments = {"FunctionName": function, "Payload": {"refuse": True}}
    caught = desk.output("lambda:invoke", arguments, statement("lambda:InvokeFunction", function))
    assert caught["Error"] == "DataRefused"
    assert json.loads(caught["Cause"])["errorMessage"] == "a.csv, column age: 3 values are no numbers"


def test_a_function_that_may_not_be_called_is_no_function_error(desk: Desk, function: str) -> None:
    caught = desk.output("lambda:invoke", {"FunctionName": function, "Payload": {}})
    assert caught["Error"] == "Lambda.AWSLambdaException"
    assert "lambda:InvokeFunction" in caught["Cause"]
    missing = function + "-gone"
    allowed = statement("lambda:InvokeFunction", missing)
    caught = desk.output("lambda:invoke", {"FunctionName": missing, "Payload": {}}, allowed)
    assert caught["Error"] == "Lambda.ResourceNotFoundException"


def test_a_message_leaves_with_the_machines_role(desk: Desk) -> None:
    sqs = desk.emulator.client("sqs")
    url = sqs.create_queue(QueueName=desk.name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    arguments = {"QueueUrl": url, "MessageBody": {"model": "churn"}}
    denied = desk.output("sqs:sendMessage", arguments)
    assert denied["Error"].startswith("SQS.")
    assert "MessageId" in desk.output("sqs:sendMessage", arguments, statement("sqs:SendMessage", arn))
    assert json.loads(sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"]) == {"model": "churn"}
    topic = desk.emulator.client("sns").create_topic(Name=desk.name)["TopicArn"]
    published = {"TopicArn": topic, "Message": {"model": "churn"}}
    assert "MessageId" in desk.output("sns:publish", published, statement("sns:Publish", topic))


def test_an_event_that_is_not_taken_fails_the_task(desk: Desk) -> None:
    bus = statement("events:PutEvents", "arn:aws:events:us-east-1:000000000000:event-bus/default")
    entry = {"Source": "churn", "DetailType": "Trained", "Detail": {"model": "churn"}}
    assert desk.output("events:putEvents", {"Entries": [entry]}, bus)["FailedEntryCount"] == 0
    wrong = desk.output("events:putEvents", {"Entries": [{**entry, "Source": "aws.s3"}]}, bus)
    assert wrong["Error"] == "EventBridge.FailedEntry"


def test_a_training_job_is_waited_for_and_its_failure_is_the_cause(desk: Desk, world: World) -> None:
    allowed = training_statements(world)
    good = world.training_request(f"{desk.name}-good")
    job = desk.output("sagemaker:createTrainingJob.sync", good, *allowed)
    assert job["TrainingJobStatus"] == "Completed", job
    bad = world.training_request(f"{desk.name}-bad", HyperParameters={"fail": "yes"})
    caught = desk.output("sagemaker:createTrainingJob.sync", bad, *allowed)
    assert caught["Error"] == "States.TaskFailed"
    assert json.loads(caught["Cause"])["TrainingJobStatus"] == "Failed"
    again = desk.output("sagemaker:createTrainingJob.sync", good, *allowed)
    assert again["Error"] == "SageMaker.ResourceInUseException"


def test_a_job_that_is_waited_for_is_tagged_with_the_machines_role(desk: Desk, world: World) -> None:
    request = world.training_request(f"{desk.name}-tag")
    without = [entry for entry in training_statements(world) if entry["Action"] != "sagemaker:AddTags"]
    caught = desk.output("sagemaker:createTrainingJob.sync", request, *without)
    assert caught["Error"] == "SageMaker.AmazonSageMakerException"
    assert "sagemaker:AddTags" in caught["Cause"]


def test_a_training_task_that_times_out_leaves_its_job(desk: Desk, world: World) -> None:
    request = world.training_request(f"{desk.name}-slow", HyperParameters={"sleep": "600"})
    allowed = training_statements(world)
    caught = desk.output("sagemaker:createTrainingJob.sync", request, *allowed, TimeoutSeconds=6)
    assert caught == {"Error": "States.Timeout", "Cause": ""}
    described = world.sagemaker.describe_training_job(TrainingJobName=request["TrainingJobName"])
    assert described["TrainingJobStatus"] == "InProgress"
    world.sagemaker.stop_training_job(TrainingJobName=request["TrainingJobName"])


def test_a_stopped_execution_stops_its_training_job(desk: Desk, world: World) -> None:
    request = world.training_request(f"{desk.name}-long", HyperParameters={"sleep": "600"})
    execution = desk.start("sagemaker:createTrainingJob.sync", request, training_statements(world))
    name = request["TrainingJobName"]

    def known() -> bool:
        listed = world.sagemaker.list_training_jobs(NameContains=name)["TrainingJobSummaries"]
        return bool(listed)

    wait_until(known, SECONDS, "the training job")
    desk.emulator.client("stepfunctions").stop_execution(executionArn=execution)
    assert desk.ended(execution)["status"] == "ABORTED"
    assert world.ended_training(name)["TrainingJobStatus"] == "Stopped"


def test_errors_of_both_integrations_have_the_names_of_aws(desk: Desk, world: World) -> None:
    transform = {
        "TransformJobName": f"{desk.name}-score",
        "ModelName": "no-such-model",
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{world.bucket}/features/"}},
            "ContentType": "application/jsonlines",
            "SplitType": "Line",
        },
        "TransformOutput": {"S3OutputPath": f"s3://{world.bucket}/scores"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    actions = [f"sagemaker:{action}TransformJob" for action in ("Create", "Describe", "Stop")]
    allowed = [statement([*actions, "sagemaker:AddTags", "sagemaker:DeleteModel"]), MANAGED_RULES]
    caught = desk.output("sagemaker:createTransformJob.sync", transform, *allowed)
    assert caught["Error"] == "SageMaker.AmazonSageMakerException"
    caught = desk.output("aws-sdk:sagemaker:deleteModel", {"ModelName": "no-such-model"}, *allowed)
    assert caught["Error"] == "SageMaker.SageMakerException"


def training_statements(world: World) -> list[dict[str, Any]]:
    actions = [f"sagemaker:{action}TrainingJob" for action in ("Create", "Describe", "Stop")]
    passing = statement(
        "iam:PassRole", world.role, Condition={"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    )
    return [statement(actions), statement("sagemaker:AddTags"), passing, MANAGED_RULES]
