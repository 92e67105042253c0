"""The notifier against Step Functions, Logs and SNS as botocore's own models describe them."""

import json
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.stub import ANY, Stubber
from hypothesis import example, given
from hypothesis import strategies as st

from lambda_src.common.models import Models
from lambda_src.notifier.handler import notify
from lambda_src.notifier.history import failed_job, readable
from lambda_src.notifier.message import MARK, Execution, execution_link, platform_failure, subject
from lambda_src.notifier.ways_out import WAYS_OUT
from tests.lambda_src.examples import MODELS_PATH, PARAMETERS, TABLE
from tests.lambda_src.fakes import FakeDynamoDB, FakeSSM
from tests.lambda_src.notifier.context import Context

ARN = "arn:aws:states:eu-west-1:123456789012:execution:mlops-dev-training:churn-20260301100000000"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:alerts"
NOW = datetime(2026, 3, 1, tzinfo=UTC)
MODELS = Models(FakeSSM(PARAMETERS), MODELS_PATH)
JOB = "mlops-dev-churn-260301100000-train-00"


class Cloud:
    """Three stubbed clients; SNS accepts exactly one message."""

    def __init__(
        self, events: list[dict[str, Any]], status: str = "FAILED", error: str | None = None, cause: str | None = None
    ) -> None:
        names = {"stepfunctions": "stepfunctions", "logs": "logs", "sns": "sns"}
        self.clients = {name: boto3.client(service, region_name="eu-west-1") for name, service in names.items()}
        self.stubs = {name: Stubber(client) for name, client in self.clients.items()}
        self.status = status
        described = {"executionArn": ARN, "stateMachineArn": ARN, "startDate": NOW, "status": status}
        described |= {"error": error} if error else {}
        described |= {"cause": cause} if cause else {}
        self.stubs["stepfunctions"].add_response("describe_execution", described, {"executionArn": ARN})
        self.dynamodb = FakeDynamoDB()
        request = {"executionArn": ARN, "reverseOrder": True, "maxResults": ANY}
        self.stubs["stepfunctions"].add_response("get_execution_history", {"events": events}, request)

    def log(self, group: str, *messages: str) -> "Cloud":
        request = {"logGroupName": group, "logStreamNamePrefix": JOB, "filterPattern": "PLATFORM_FAILURE"}
        answer = {"events": [{"message": message} for message in messages]}
        self.stubs["logs"].add_response("filter_log_events", answer, request)
        return self

    def notify(self) -> dict[str, str]:
        published: dict[str, str] = {}

        def keep(params: dict[str, str], **_: Any) -> None:
            published.update(params)

        self.clients["sns"].meta.events.register("provide-client-params.sns.Publish", keep)
        self.stubs["sns"].add_response("publish", {"MessageId": "m1"})
        for stub in self.stubs.values():
            stub.activate()
        self.tell()
        for stub in self.stubs.values():
            stub.assert_no_pending_responses()
        assert published["TopicArn"] == TOPIC
        return published

    def tell(self, stopped: int = 1) -> dict[str, str]:
        """One delivery of the event."""
        event = {
            "detail-type": "Step Functions Execution Status Change",
            "detail": {"executionArn": ARN, "status": self.status, "stopDate": stopped},
        }
        clients = self.clients | {"dynamodb": self.dynamodb}
        return notify(
            event, Context(), prefix="mlops-dev", models=MODELS, clients=clients, topic_arn=TOPIC, table=TABLE
        )


def event(number: int, kind: str, previous: int | None = None, **details: Any) -> dict[str, Any]:
    before = number - 1 if previous is None else previous
    return {"id": number, "previousEventId": before, "timestamp": NOW, "type": kind, **details}


def entered(number: int, state: str, kind: str = "TaskStateEntered", previous: int | None = None) -> dict[str, Any]:
    return event(number, kind, previous, stateEnteredEventDetails={"name": state})


def task_failed(number: int, error: str, cause: str) -> dict[str, Any]:
    details = {"resourceType": "sagemaker", "resource": "createTrainingJob.sync", "error": error, "cause": cause}
    return event(number, "TaskFailed", taskFailedEventDetails=details)


def history(state: str, failure: dict[str, Any], fail_state: str = "TrainingFailed") -> list[dict[str, Any]]:
    """A task fails, is caught, and a Fail state ends the execution; newest first."""
    first = failure["id"]
    return [
        event(first + 3, "ExecutionFailed", executionFailedEventDetails={"error": "x", "cause": "y"}),
        entered(first + 2, fail_state, "FailStateEntered"),
        event(first + 1, "TaskStateExited", stateExitedEventDetails={"name": state}),
        failure,
        event(first - 1, "TaskScheduled"),
        entered(first - 2, state),
    ]


def test_a_refusal_of_a_function_is_told_in_its_own_words() -> None:
    reason = "raw/churn/a.csv, column 'age': the header lacks this column"
    cause = json.dumps({"errorMessage": reason, "errorType": "GateRefused", "stackTrace": []})
    message = Cloud(
        history("GateArrivals", task_failed(9, "GateRefused", cause)),
        "FAILED",
        "GateRefused",
        f"GateArrivals: {reason}",
    ).notify()
    assert message["Subject"] == "mlops-dev-training: churn failed in GateArrivals"
    assert f"Cause:   {reason}" in message["Message"]
    assert "Error:   GateRefused" in message["Message"]
    assert "upload it again under the same key" in message["Message"]
    assert execution_link(Execution(ARN, "FAILED", "mlops-dev")) in message["Message"]


def test_what_failed_on_the_way_back_is_not_told_as_what_failed() -> None:
    refused = "SageMaker.SageMakerException"
    message = Cloud(
        history("DeleteFailedModel", task_failed(9, refused, "Rate exceeded"), "Failed"),
        "FAILED",
        refused,
        "UpdateEndpoint: Cannot update in-progress endpoint",
    ).notify()
    assert message["Subject"].endswith("failed in UpdateEndpoint")
    assert "Cannot update in-progress endpoint" in message["Message"]
    assert "Rate exceeded" not in message["Message"]


def test_a_failed_training_job_is_told_in_the_words_of_its_script() -> None:
    cause = json.dumps(
        {"TrainingJobName": JOB, "TrainingJobStatus": "Failed", "FailureReason": "ExecuteUserScriptError"}
    )
    line = 'x PLATFORM_FAILURE {"file": "part-0.parquet", "column": "age", "reason": "text instead of a number"}'
    cloud = Cloud(history("TrainModel", task_failed(9, "States.TaskFailed", cause)), cause="TrainModel: failed")
    message = cloud.log("/aws/sagemaker/TrainingJobs", line).notify()["Message"]
    assert "Cause:   file part-0.parquet, column age: text instead of a number" in message
    assert f"$252Faws$252Fsagemaker$252FTrainingJobs$3FlogStreamNameFilter$3D{JOB}" in message


def test_of_several_lines_of_a_script_the_last_is_told() -> None:
    """A job that SageMaker starts again writes into the same group under the same name."""
    cause = json.dumps({"TrainingJobName": JOB, "FailureReason": "ExecuteUserScriptError"})
    cloud = Cloud(history("TrainModel", task_failed(9, "States.TaskFailed", cause)), cause="TrainModel: failed")
    lines = [f'{MARK} {{"reason": "{reason}"}}' for reason in ("disk full", "column missing")]
    assert "Cause:   column missing" in cloud.log("/aws/sagemaker/TrainingJobs", *lines).notify()["Message"]


def test_where_the_script_spoke_its_words_and_the_states_way_out_are_told_whatever_the_service_says() -> None:
    cause = json.dumps({"TrainingJobName": JOB, "FailureReason": "AlgorithmError: AccessDenied stands in a column"})
    failed = history("TrainModel", task_failed(9, "States.TaskFailed", cause))
    line = f'{MARK} {{"column": "age", "reason": "text instead of a number"}}'
    spoken = Cloud(failed, cause="TrainModel: failed").log("/aws/sagemaker/TrainingJobs", line).notify()["Message"]
    silent = Cloud(failed, cause="TrainModel: failed").log("/aws/sagemaker/TrainingJobs").notify()["Message"]
    way_out, permission = (
        next(line for line in message.splitlines() if line.startswith("Way out:")) for message in (spoken, silent)
    )
    assert way_out != permission
    assert way_out == f"Way out: {WAYS_OUT['TrainModel'].format(model='churn', version='VERSION')}"


def test_without_a_line_of_the_script_the_services_reason_is_told() -> None:
    cause = json.dumps({"TransformJobName": JOB, "FailureReason": "ClientError: no space"})
    cloud = Cloud(history("ScoreHoldout", task_failed(9, "States.TaskFailed", cause)), cause="ScoreHoldout: failed")
    assert "Cause:   ClientError: no space" in cloud.log("/aws/sagemaker/TransformJobs").notify()["Message"]


def test_a_log_group_that_never_came_to_be_is_no_obstacle() -> None:
    cause = json.dumps({"TrainingJobName": JOB, "FailureReason": "CapacityError"})
    cloud = Cloud(history("TrainModel", task_failed(9, "States.TaskFailed", cause)), cause="TrainModel: x")
    cloud.stubs["logs"].add_client_error("filter_log_events", "ResourceNotFoundException")
    assert "CapacityError" in cloud.notify()["Message"]


def test_a_log_that_cannot_be_read_keeps_nobody_uninformed() -> None:
    cause = json.dumps({"TrainingJobName": JOB, "FailureReason": "CapacityError"})
    cloud = Cloud(history("TrainModel", task_failed(9, "States.TaskFailed", cause)), cause="TrainModel: x")
    cloud.stubs["logs"].add_client_error("filter_log_events", "AccessDeniedException")
    assert "CapacityError" in cloud.notify()["Message"]


def test_an_execution_that_cannot_be_read_is_tried_again_and_nothing_is_published() -> None:
    cloud = Cloud([])
    cloud.stubs["stepfunctions"] = Stubber(cloud.clients["stepfunctions"])
    cloud.stubs["stepfunctions"].add_client_error("describe_execution", "ThrottlingException")
    with pytest.raises(ClientError, match="Throttling"):
        cloud.notify()
    with pytest.raises(AssertionError, match="1 responses remaining"):
        cloud.stubs["sns"].assert_no_pending_responses()


def test_a_verdict_is_told_by_its_fail_state_even_if_a_task_was_retried_before() -> None:
    events = [
        event(
            21, "ExecutionFailed", executionFailedEventDetails={"error": "GatesMissed", "cause": "maximum_error is 0.1"}
        ),
        entered(20, "GatesMissed", "FailStateEntered"),
        event(12, "TaskSucceeded", taskSucceededEventDetails={"resourceType": "lambda", "resource": "invoke"}),
        task_failed(9, "Lambda.TooManyRequestsException", "busy"),
        event(8, "TaskScheduled"),
        entered(7, "EvaluateModel"),
    ]
    message = Cloud(events, "FAILED", "GatesMissed", "maximum_error is 0.1").notify()
    assert message["Subject"] == "mlops-dev-training: churn failed in GatesMissed"
    assert "maximum_error is 0.1" in message["Message"]
    assert "busy" not in message["Message"]


@pytest.mark.parametrize(("status", "words"), [("TIMED_OUT", "timed out"), ("ABORTED", "was aborted")])
def test_an_end_without_any_failing_task_is_told_by_the_last_state(status: str, words: str) -> None:
    events = [
        event(12, "ExecutionAborted"),
        event(11, "TaskScheduled"),
        entered(10, "RunEtl"),
        entered(3, "GateArrivals"),
    ]
    message = Cloud(events, status).notify()
    assert message["Subject"] == f"mlops-dev-training: churn {words} in RunEtl"
    assert "goes on from the interrupted state" in message["Message"]


def test_an_execution_that_failed_before_its_first_state_is_told_too() -> None:
    message = Cloud([event(1, "ExecutionFailed")], "FAILED", "States.Runtime", "the input is no JSON").notify()
    assert "State:   before the first state" in message["Message"]
    assert "the input is no JSON" in message["Message"]


def test_in_parallel_branches_the_chain_of_events_leads_to_the_right_state() -> None:
    events = [
        entered(12, "DeploymentFailed", "FailStateEntered"),
        event(
            11,
            "TaskFailed",
            8,
            taskFailedEventDetails={"resourceType": "s", "resource": "r", "error": "E", "cause": "C"},
        ),
        entered(10, "DeleteOldModel", previous=5),
        event(8, "TaskScheduled", 6),
        entered(6, "DeleteOldConfig", previous=4),
    ]
    assert "in DeleteOldConfig" in Cloud(events, "FAILED", "E", "DeleteOldConfig: C").notify()["Subject"]


def test_where_the_history_does_not_reach_the_machines_own_words_name_the_state() -> None:
    events = [entered(4000, "Failed", "FailStateEntered")]
    message = Cloud(events, "FAILED", "States.TaskFailed", "RunEtl (mlops-dev-etl jr_1): no memory").notify()
    assert "in RunEtl" in message["Subject"]
    assert "Glue job's log" in message["Message"]


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "eu-west-1.console.aws.amazon.com"),
        ("cn-north-1", "cn-north-1.console.amazonaws.cn"),
        ("us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
    ],
)
def test_links_lead_to_the_console_of_the_region(region: str, host: str) -> None:
    link = execution_link(Execution(ARN.replace("eu-west-1", region), "FAILED", "mlops-dev"))
    assert link.startswith(f"https://{host}/states/home?region={region}#/v2/executions/details/arn:")


@given(st.text(max_size=300), st.text(max_size=30))
@example("DescribeEndpoint" * 20, "FAILED")
def test_any_subject_is_one_that_sns_takes(state: str, status: str) -> None:
    text = subject(Execution(ARN, status, "mlops-dev"), state)
    assert 0 < len(text) <= 100
    assert all(" " <= character <= "~" for character in text)


def test_a_cause_cut_in_the_middle_still_gives_its_sentence_and_its_job() -> None:
    cause = json.dumps({"TrainingJobName": JOB, "FailureReason": "no rows", "Rest": "x" * 50})[:-20]
    assert readable(cause) == "no rows"
    job = failed_job(cause)
    assert job is not None
    assert job.name == JOB


@given(st.text() | st.dictionaries(st.text(), st.text()).map(json.dumps) | st.integers().map(str))
def test_any_cause_can_be_read(cause: str) -> None:
    assert isinstance(readable(cause), str)
    failed_job(cause)


def test_a_cause_that_nests_too_deep_to_be_read_is_told_as_it_is() -> None:
    cause = "[" * 32_000
    assert readable(cause) == cause
    assert failed_job(cause) is None
    assert platform_failure(f"{MARK} {cause}") == cause


@pytest.mark.parametrize("name", ["x\nWay out: pay", "x\u2028y", "a b", "", "x" * 64, ["x"]])
def test_what_is_no_name_of_a_job_is_not_taken_for_one_and_writes_no_line(name: Any) -> None:
    assert failed_job(json.dumps({"TrainingJobName": name})) is None
    assert failed_job(f'cut "TransformJobName": "{name}"') is None


def test_a_task_that_timed_out_is_told_although_step_functions_gives_no_cause() -> None:
    details = {"resourceType": "glue", "resource": "startJobRun.sync", "error": "States.Timeout"}  # as recorded on AWS
    timed_out = event(9, "TaskTimedOut", taskTimedOutEventDetails=details)
    own = "RunEtl: no answer within the time allowed"
    message = Cloud(history("RunEtl", timed_out), "FAILED", "States.Timeout", own).notify()
    assert message["Subject"] == "mlops-dev-training: churn failed in RunEtl"
    assert "Cause:   no answer within the time allowed" in message["Message"]


def test_an_expression_without_a_value_is_told_with_its_state() -> None:
    cause = (
        "An error occurred while executing the state 'TrainModel' (entered at the event id #6). The JSONata expression"
        " '$gone' specified for the field 'Arguments' returned nothing (undefined)."
    )
    details = {"error": "States.QueryEvaluationError", "cause": cause, "location": "Arguments", "state": "TrainModel"}
    events = [
        event(10, "ExecutionFailed", executionFailedEventDetails={"error": "x"}),
        entered(9, "Failed", "FailStateEntered"),
        event(8, "TaskStateExited", stateExitedEventDetails={"name": "TrainModel"}),
        event(7, "EvaluationFailed", 5, evaluationFailedEventDetails=details),
        entered(6, "TrainModel"),
        event(5, "TaskStateExited", stateExitedEventDetails={"name": "ValidateData"}),
    ]
    message = Cloud(events, "FAILED", "States.QueryEvaluationError", f"TrainModel: {cause}").notify()
    assert message["Subject"] == "mlops-dev-training: churn failed in TrainModel"
    assert f"Cause:   {cause}" in message["Message"]
