"""Machines that really run in a started emulator, with IAM enforced."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator, statement, wait_until

pytestmark = pytest.mark.slow
SECONDS = 30
MAPS = 20
LOG_ACTIONS = [
    f"logs:{action}"
    for action in (
        "CreateLogDelivery",
        "GetLogDelivery",
        "UpdateLogDelivery",
        "DeleteLogDelivery",
        "ListLogDeliveries",
        "PutResourcePolicy",
        "DescribeResourcePolicies",
        "DescribeLogGroups",
    )
]
States = dict[str, Any]


@dataclass
class Workshop:
    """Makes machines with roles of their own and runs them."""

    emulator: Emulator
    name: str

    @property
    def sfn(self) -> Any:
        return self.emulator.client("stepfunctions")

    def role(self, *statements: dict[str, Any]) -> str:
        return self.emulator.role(f"{self.name}-{uuid.uuid4().hex[:6]}", "states.amazonaws.com", list(statements))

    def machine(self, states: States, role: str | None = None, seconds: int = 60, **more: Any) -> str:
        definition = {
            "QueryLanguage": "JSONata",
            "StartAt": next(iter(states)),
            "TimeoutSeconds": seconds,
            "States": states,
        }
        answer = self.sfn.create_state_machine(
            name=f"{self.name}-{uuid.uuid4().hex[:6]}",
            definition=json.dumps(definition),
            roleArn=role or self.role(),
            **more,
        )
        return str(answer["stateMachineArn"])

    def start(self, machine: str, data: Any = None, **more: Any) -> str:
        text = json.dumps({} if data is None else data)
        return str(self.sfn.start_execution(stateMachineArn=machine, input=text, **more)["executionArn"])

    def ended(self, execution: str) -> dict[str, Any]:
        def over() -> dict[str, Any] | None:
            answer = self.sfn.describe_execution(executionArn=execution)
            return None if answer["status"] == "RUNNING" else answer

        return dict(wait_until(over, SECONDS, f"the end of {execution}"))

    def run(self, states: States, data: Any = None, role: str | None = None, seconds: int = 60) -> dict[str, Any]:
        return self.ended(self.start(self.machine(states, role, seconds), data))

    def output(self, states: States, data: Any = None, role: str | None = None) -> Any:
        ended = self.run(states, data, role)
        assert ended["status"] == "SUCCEEDED", ended
        return json.loads(ended["output"])

    def history(self, execution: str) -> list[dict[str, Any]]:
        return list(self.sfn.get_execution_history(executionArn=execution, maxResults=1000)["events"])


@pytest.fixture
def workshop(emulator: Emulator, request: pytest.FixtureRequest) -> Workshop:
    return Workshop(emulator, f"flow-{uuid.uuid4().hex[:8]}")


@pytest.fixture(scope="module")
def table(emulator: Emulator) -> str:
    name = f"runs-{uuid.uuid4().hex[:8]}"
    emulator.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "model", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "model", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return name


def put(table: str, resource: str = "aws-sdk:dynamodb:putItem", **more: Any) -> dict[str, Any]:
    arguments = {"TableName": table, "Item": {"model": {"S": "churn"}}, **more}
    return {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Arguments": arguments, "End": True}


def caught(task: dict[str, Any]) -> States:
    """The task, with its error as the machine's output."""
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Caught", "Output": "{% $states.errorOutput %}"}]
    return {"Task": {**task, "Catch": catch}, "Caught": {"Type": "Succeed"}}


def refusal(call: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(ClientError) as refused:
        call()
    return refused.value.response["Error"]["Code"], refused.value.response["Error"]["Message"]


def test_states_pass_data_variables_and_outputs_on(workshop: Workshop) -> None:
    states: States = {
        "Begin": {"Type": "Pass", "Assign": {"factor": 10}, "Output": {"items": [1, 2, 3]}, "Next": "Enough?"},
        "Enough?": {
            "Type": "Choice",
            "Choices": [
                {"Condition": "{% $count($states.input.items) > 2 %}", "Next": "Each", "Assign": {"way": "rule"}}
            ],
            "Default": "TooFew",
        },
        "TooFew": {"Type": "Fail"},
        "Each": {
            "Type": "Map",
            "Items": "{% $states.input.items %}",
            "ItemSelector": {"item": "{% $states.context.Map.Item.Value %}"},
            "ItemProcessor": {
                "StartAt": "Times",
                "States": {"Times": {"Type": "Pass", "Output": "{% $states.input.item * $factor %}", "End": True}},
            },
            "Output": {"scaled": "{% $states.result %}"},
            "Next": "Both",
        },
        "Both": {
            "Type": "Parallel",
            "Branches": [
                {"StartAt": "A", "States": {"A": {"Type": "Pass", "Output": "a", "End": True}}},
                {"StartAt": "B", "States": {"B": {"Type": "Wait", "Seconds": 2, "Output": "b", "End": True}}},
            ],
            "Output": {"scaled": "{% $states.input.scaled %}", "both": "{% $states.result %}"},
            "Next": "Done",
        },
        "Done": {
            "Type": "Succeed",
            "Output": {"all": "{% $states.input %}", "way": "{% $way %}", "at": "{% $states.context.State.Name %}"},
        },
    }
    all_of_it = {"scaled": [10, 20, 30], "both": ["a", "b"]}
    assert workshop.output(states) == {"all": all_of_it, "way": "rule", "at": "Done"}


def test_a_map_begins_no_further_item_after_one_has_failed(workshop: Workshop) -> None:
    each: States = {
        "Type": "Map",
        "Items": [1, 2, 3, 4, 5],
        "MaxConcurrency": 1,
        "ItemProcessor": {"StartAt": "Broken", "States": {"Broken": {"Type": "Fail", "Error": "No"}}},
        "Catch": [{"ErrorEquals": ["No"], "Next": "Caught"}],
        "End": True,
    }
    branch: States = {"StartAt": "Each", "States": {"Each": each, "Caught": {"Type": "Succeed"}}}
    # Side by side, so that threads have to wait for each other: a late one began the next item.
    states: States = {"Many": {"Type": "Parallel", "Branches": [branch] * MAPS, "End": True}}
    execution = workshop.start(workshop.machine(states), {})
    assert workshop.ended(execution)["status"] == "SUCCEEDED"
    events = workshop.sfn.get_execution_history(executionArn=execution, maxResults=1000)["events"]
    assert [event["type"] for event in events].count("MapIterationStarted") == MAPS


def test_the_context_object_names_the_execution_its_start_and_its_redrives(workshop: Workshop) -> None:
    states = {"Done": {"Type": "Succeed", "Output": "{% $states.context.Execution %}"}}
    machine = workshop.machine(states)
    execution = workshop.start(machine, {"a": 1}, name="churn-1")
    context = json.loads(workshop.ended(execution)["output"])
    assert (context["Name"], context["RedriveCount"], context["Input"]) == ("churn-1", 0, {"a": 1})
    assert context["Id"] == execution
    assert context["StartTime"].endswith("Z")


def test_a_fail_state_composes_its_error_and_cause(workshop: Workshop) -> None:
    states = {
        "No": {"Type": "Fail", "Error": "{% 'Gates' & 'Missed' %}", "Cause": "{% 'too low: ' & $states.input.x %}"}
    }
    ended = workshop.run(states, {"x": "auc"})
    assert (ended["status"], ended["error"], ended["cause"]) == ("FAILED", "GatesMissed", "too low: auc")


@pytest.mark.parametrize("resource", ["aws-sdk:dynamodb:putItem", "dynamodb:putItem"])
def test_a_dynamodb_task_has_the_roles_permissions_and_no_others(workshop: Workshop, table: str, resource: str) -> None:
    name = "DynamoDb.DynamoDbException" if resource.startswith("aws-sdk") else "DynamoDB.AmazonDynamoDBException"
    powerless = workshop.output(caught(put(table, resource)))
    assert powerless["Error"] == name
    assert "is not authorized to perform: dynamodb:PutItem" in powerless["Cause"]
    role = workshop.role(statement("dynamodb:PutItem"))
    assert workshop.output({"Put": put(table, resource)}, role=role) == {}


def test_a_conditional_check_has_one_name_per_integration(workshop: Workshop, table: str) -> None:
    role = workshop.role(statement("dynamodb:PutItem"))
    condition = {"ConditionExpression": "attribute_exists(nothing)"}
    names = [
        workshop.output(caught(put(table, resource, **condition)), role=role)["Error"]
        for resource in ("dynamodb:putItem", "aws-sdk:dynamodb:putItem")
    ]
    assert names == ["DynamoDB.ConditionalCheckFailedException", "DynamoDb.ConditionalCheckFailedException"]


def test_a_wrong_type_ends_the_execution_and_no_catch_sees_it(workshop: Workshop, table: str) -> None:
    role = workshop.role(statement("dynamodb:PutItem"))
    ended = workshop.run(caught(put(table, Item={"model": {"S": "{% 1 + 1 %}"}})), role=role)
    assert (ended["status"], ended["error"]) == ("FAILED", "States.Runtime")


def test_retries_count_up_in_the_context_and_wait_only_shortly(workshop: Workshop, table: str) -> None:
    task = put(table)
    task["Retry"] = [
        {"ErrorEquals": ["DynamoDb.DynamoDbException"], "MaxAttempts": 2, "IntervalSeconds": 4, "MaxDelaySeconds": 5}
    ]
    task["Arguments"]["Item"]["model"]["S"] = "{% 'try-' & $string($states.context.State.RetryCount) %}"
    execution = workshop.start(workshop.machine(caught(task)))
    workshop.ended(execution)
    scheduled = [event for event in workshop.history(execution) if event["type"] == "TaskScheduled"]
    tries = [json.loads(event["taskScheduledEventDetails"]["parameters"])["Item"]["model"]["S"] for event in scheduled]
    assert tries == ["try-0", "try-1", "try-2"]


def test_history_names_the_failed_state_its_error_and_its_cause(workshop: Workshop, table: str) -> None:
    execution = workshop.start(workshop.machine({"Store": put(table)}))
    assert workshop.ended(execution)["status"] == "FAILED"
    events = {event["id"]: event for event in workshop.history(execution)}
    failed = next(event for event in events.values() if event["type"] == "TaskFailed")
    assert failed["taskFailedEventDetails"]["error"] == "DynamoDb.DynamoDbException"
    assert "not authorized" in failed["taskFailedEventDetails"]["cause"]
    entered = failed
    while "stateEnteredEventDetails" not in entered:
        entered = events[entered["previousEventId"]]
    assert entered["stateEnteredEventDetails"]["name"] == "Store"
    assert max(events.values(), key=lambda event: event["id"])["type"] == "ExecutionFailed"
    newest = workshop.sfn.get_execution_history(executionArn=execution, reverseOrder=True)["events"][0]
    assert newest["executionFailedEventDetails"]["error"] == "DynamoDb.DynamoDbException"


def test_data_over_256_kib_fails_and_a_catch_all_sees_it(workshop: Workshop) -> None:
    big = "{% $join([1..60000].$string()) %}"
    line = {"StartAt": "Big", "States": {"Big": {"Type": "Pass", "Output": big, "End": True}}}
    task = {"Type": "Parallel", "Branches": [line], "End": True}
    assert workshop.output(caught(task))["Error"] == "States.DataLimitExceeded"


def test_waits_and_the_machines_time_limit_run_on_one_clock(workshop: Workshop) -> None:
    """LocalStack's recording of AWS: timeouts/test_timeouts, test_global_timeout."""
    wait = {"Type": "Wait", "Seconds": 20, "End": True}
    ended = workshop.run({"Wait": wait}, seconds=2)
    assert ended["status"] == "TIMED_OUT"
    assert (ended["stopDate"] - ended["startDate"]).total_seconds() < 1


def test_lines_side_by_side_wait_at_the_same_time_and_those_one_after_the_other_do_not(workshop: Workshop) -> None:
    line = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 10, "End": True}}}
    both: States = {"Both": {"Type": "Parallel", "Branches": [line, line], "End": True}}
    each: States = {"Each": {"Type": "Map", "Items": [1, 2], "MaxConcurrency": 1, "ItemProcessor": line, "End": True}}
    assert workshop.run(both, seconds=15)["status"] == "SUCCEEDED"
    assert workshop.run(each, seconds=15)["status"] == "TIMED_OUT"


def test_what_the_service_refuses_can_be_caught(workshop: Workshop) -> None:
    role = workshop.role(statement("dynamodb:PutItem"))
    for name, said in (("", "length greater than"), ("/runs", "regular expression pattern")):
        seen = workshop.output(caught(put(f"{{% '{name}' %}}")), role=role)
        assert seen["Error"] == "DynamoDb.DynamoDbException"
        assert said in seen["Cause"]


def test_stop_execution_ends_a_wait_and_keeps_its_reason(workshop: Workshop) -> None:
    execution = workshop.start(workshop.machine({"Wait": {"Type": "Wait", "Seconds": 600, "End": True}}))
    workshop.sfn.stop_execution(executionArn=execution, error="Enough", cause="by hand")
    ended = workshop.ended(execution)
    assert (ended["status"], ended["error"], ended["cause"]) == ("ABORTED", "Enough", "by hand")
    assert workshop.history(execution)[-1]["type"] == "ExecutionAborted"


def test_an_executions_name_is_used_once(workshop: Workshop) -> None:
    machine = workshop.machine({"Wait": {"Type": "Wait", "Seconds": 20, "End": True}})
    first = workshop.start(machine, name="one")
    assert workshop.start(machine, name="one") == first
    assert refusal(lambda: workshop.start(machine, {"other": 1}, name="one"))[0] == "ExecutionAlreadyExists"
    workshop.ended(first)
    assert refusal(lambda: workshop.start(machine, name="one"))[0] == "ExecutionAlreadyExists"
    assert refusal(lambda: workshop.start(machine, name="a b"))[0] == "InvalidName"


def test_a_role_that_does_not_trust_step_functions_is_refused(workshop: Workshop) -> None:
    states = {"Done": {"Type": "Succeed"}}
    other = workshop.emulator.role(f"{workshop.name}-glue", "glue.amazonaws.com")
    code, message = refusal(lambda: workshop.machine(states, other))
    assert code == "AccessDeniedException"
    assert "states.amazonaws.com" in message


def test_an_update_is_checked_like_a_creation(workshop: Workshop) -> None:
    machine = workshop.machine({"Done": {"Type": "Succeed"}})
    wrong = json.dumps({"QueryLanguage": "JSONata", "StartAt": "Gone", "States": {"Done": {"Type": "Succeed"}}})
    update = workshop.sfn.update_state_machine
    assert refusal(lambda: update(stateMachineArn=machine, definition=wrong))[0] == "InvalidDefinition"
    other = workshop.emulator.role(f"{workshop.name}-glue", "glue.amazonaws.com")
    assert refusal(lambda: update(stateMachineArn=machine, roleArn=other))[0] == "AccessDeniedException"


def test_a_sync_sagemaker_task_needs_the_managed_rules_permissions(workshop: Workshop) -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sagemaker:createTransformJob.sync",
        "Arguments": "{% $states.input %}",
        "End": True,
    }
    code, message = refusal(lambda: workshop.machine({"Score": task}))
    assert code == "AccessDeniedException"
    assert "managed-rule" in message
    rule = "arn:aws:events:us-east-1:000000000000:rule/StepFunctionsGetEventsForSageMakerTransformJobsRule"
    allowed = statement(["events:PutTargets", "events:PutRule", "events:DescribeRule"], rule)
    assert workshop.machine({"Score": task}, workshop.role(allowed))


def test_a_machine_with_a_log_needs_the_group_and_the_permissions(workshop: Workshop) -> None:
    group = f"/aws/vendedlogs/states/{workshop.name}"
    destination = {"logGroupArn": f"arn:aws:logs:us-east-1:000000000000:log-group:{group}:*"}
    logging = {
        "level": "ALL",
        "includeExecutionData": True,
        "destinations": [{"cloudWatchLogsLogGroup": destination}],
    }
    states = {"Done": {"Type": "Succeed"}}
    role = workshop.role(statement(LOG_ACTIONS))
    no_group = refusal(lambda: workshop.machine(states, role, loggingConfiguration=logging))
    assert no_group[0] == "InvalidLoggingConfiguration"
    logs = workshop.emulator.client("logs")
    logs.create_log_group(logGroupName=group)
    powerless = workshop.role(statement(LOG_ACTIONS[1:]))
    denied = refusal(lambda: workshop.machine(states, powerless, loggingConfiguration=logging))
    assert denied[0] == "AccessDeniedException"
    assert "logs:CreateLogDelivery" in denied[1]
    execution = workshop.start(workshop.machine(states, role, loggingConfiguration=logging))
    workshop.ended(execution)

    def types() -> list[str]:
        events = logs.filter_log_events(logGroupName=group)["events"]
        return [json.loads(event["message"])["type"] for event in events]

    wait_until(lambda: "ExecutionSucceeded" in types(), SECONDS, "the execution's log")
    assert types() == ["ExecutionStarted", "SucceedStateEntered", "SucceedStateExited", "ExecutionSucceeded"]


def test_every_status_is_an_event_and_every_end_a_metric(workshop: Workshop) -> None:
    states: States = {
        "Which?": {
            "Type": "Choice",
            "Choices": [
                {"Condition": "{% $states.input.way = 'fail' %}", "Next": "No"},
                {"Condition": "{% $states.input.way = 'wait' %}", "Next": "Wait"},
            ],
            "Default": "Yes",
        },
        "No": {"Type": "Fail", "Error": "E", "Cause": "c"},
        "Wait": {"Type": "Wait", "Seconds": 600, "End": True},
        "Yes": {"Type": "Succeed"},
    }
    machine = workshop.machine(states, seconds=60)
    queue = _listen(workshop, machine)
    aborted = workshop.start(machine, {"way": "wait"})
    executions = [workshop.start(machine, {"way": way}) for way in ("fail", "wait", "go")]
    workshop.sfn.stop_execution(executionArn=aborted)
    ends = {workshop.ended(execution)["status"] for execution in [*executions, aborted]}
    assert ends == {"FAILED", "TIMED_OUT", "SUCCEEDED", "ABORTED"}
    seen: list[str] = []
    wait_until(lambda: _receive(workshop, queue, seen) and len(seen) >= 8, SECONDS, "eight events")
    assert sorted(seen) == sorted(["RUNNING"] * 4 + list(ends))
    metrics = workshop.emulator.client("cloudwatch").list_metrics(
        Namespace="AWS/States", Dimensions=[{"Name": "StateMachineArn", "Value": machine}]
    )["Metrics"]
    names = {metric["MetricName"] for metric in metrics}
    assert {"ExecutionsSucceeded", "ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted"} <= names
    assert "ExecutionTime" in names


def _listen(workshop: Workshop, machine: str) -> str:
    sqs, events = workshop.emulator.client("sqs"), workshop.emulator.client("events")
    url = sqs.create_queue(QueueName=workshop.name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    send = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [{**send, "Resource": arn}]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    pattern = {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"stateMachineArn": [machine]},
    }
    events.put_rule(Name=workshop.name, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=workshop.name, Targets=[{"Id": "queue", "Arn": arn}])
    return str(url)


def _receive(workshop: Workshop, queue: str, seen: list[str]) -> bool:
    answer = workshop.emulator.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=0)
    seen += [json.loads(message["Body"])["detail"]["status"] for message in answer.get("Messages", [])]
    for message in answer.get("Messages", []):
        workshop.emulator.client("sqs").delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return True
