"""The deployed platform from a file to a prediction, seen through the AWS interfaces."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from mlops_constructs.workflow.substitutions import as_joined
from rehearsal import people
from rehearsal.journey import Outcome
from rehearsal.samples import Sample
from tests.rehearsal.conftest import JOURNEY_CALLS, Platform
from tests.rehearsal.deployed import DeployedStack

pytestmark = pytest.mark.slow

LARGEST_ERROR = 0.130
SMALLEST_AUC = 0.925


def test_the_flagship_beats_what_was_printed_with_its_data(outcome: Outcome, flagship: Sample) -> None:
    metrics = {name: metric["value"] for name, metric in outcome.report["metrics"].items()}

    assert metrics["error"] <= LARGEST_ERROR
    assert metrics["auc"] >= SMALLEST_AUC
    assert 100 * metrics["error"] < min(reference["error_percent"] for reference in flagship.references)


def test_predictions_come_from_the_endpoint_one_per_row(outcome: Outcome) -> None:
    assert len(outcome.predictions) == 5
    for prediction in outcome.predictions:
        assert prediction["answer"]["row_id"] == prediction["row"]["row_id"]
        assert 0 <= prediction["answer"]["probability"] <= 1


def test_the_package_was_registered_pending_and_then_approved(platform: Platform, outcome: Outcome) -> None:
    history = people.owner(platform.emulator, "stepfunctions").get_execution_history(
        executionArn=outcome.training_execution, maxResults=1000
    )["events"]
    states = [event["stateEnteredEventDetails"]["name"] for event in history if "stateEnteredEventDetails" in event]

    assert states.index("RegisterModel") < states.index("ApproveModel")
    assert outcome.package["ModelApprovalStatus"] == "Approved"


def test_the_state_machines_that_ran_are_by_hash_those_of_the_template(platform: Platform, outcome: Outcome) -> None:
    states = people.owner(platform.emulator, "stepfunctions")
    stack = DeployedStack.read(platform, "step-functions")
    designed = {
        machine["StateMachineName"]: digest(stack.resolve(as_joined(machine)))
        for machine in stack.properties_of("AWS::StepFunctions::StateMachine")
    }
    ran = [
        states.describe_state_machine_for_execution(executionArn=execution)
        for execution in (outcome.training_execution, outcome.deployment_execution)
    ]

    assert {machine["name"]: digest(machine["definition"]) for machine in ran}.items() <= designed.items()


def digest(definition: str) -> str:
    return hashlib.sha256(definition.encode()).hexdigest()


def test_no_role_was_refused_anything_on_the_way(platform: Platform, outcome: Outcome) -> None:
    assert outcome.predictions
    calls = [json.loads(line) for line in (platform.emulator.home / JOURNEY_CALLS).read_text().splitlines()]
    refused = [call for call in calls if call.get("decision") == "denied"]

    assert len(calls) > 100
    assert refused == []


def test_the_deployed_stacks_do_not_differ_from_their_templates(platform: Platform) -> None:
    platform.cloud.differences(platform.emulator)


@pytest.mark.parametrize(
    ("content_type", "write"),
    [
        ("application/jsonlines", lambda row: json.dumps(row)),
        ("application/json", lambda row: json.dumps({"instances": [row]})),
        ("text/csv", lambda row: ",".join("" if value is None else str(value) for value in row.values())),
        (
            "text/csv; charset=utf-8",
            lambda row: ",".join("" if value is None else str(value) for value in row.values()),
        ),
    ],
)
def test_a_bad_row_is_a_400_that_names_column_and_reason_and_a_good_one_an_answer(
    platform: Platform, outcome: Outcome, flagship: Sample, content_type: str, write: Callable[[dict[str, Any]], str]
) -> None:
    endpoint_name = f"mlops-rehearsal-{flagship.model}"
    runtime = people.caller(platform.emulator, endpoint_name=endpoint_name)
    good = {name: value for name, value in outcome.predictions[0]["row"].items() if name != "row_id"}
    column = next(name for name, value in good.items() if isinstance(value, int))

    answer = runtime.invoke_endpoint(EndpointName=endpoint_name, ContentType=content_type, Body=write(good))
    with pytest.raises(runtime.exceptions.ModelError) as refused:
        bad = write(good | {column: "many"})
        runtime.invoke_endpoint(EndpointName=endpoint_name, ContentType=content_type, Body=bad)

    assert outcome.predictions[0]["answer"]["prediction"] in answer["Body"].read().decode()
    assert refused.value.response["OriginalStatusCode"] == 400
    explained = json.loads(refused.value.response["OriginalMessage"])["error"]
    assert explained["column"] == column
    assert "many" in explained["reason"]


def test_a_request_nested_too_deep_to_be_read_is_a_400(platform: Platform, outcome: Outcome, flagship: Sample) -> None:
    assert outcome.predictions
    endpoint_name = f"mlops-rehearsal-{flagship.model}"
    runtime = people.caller(platform.emulator, endpoint_name=endpoint_name)

    with pytest.raises(runtime.exceptions.ModelError) as refused:
        deep = '{"a":' * 100_000
        runtime.invoke_endpoint(EndpointName=endpoint_name, ContentType="application/json", Body=deep)

    assert refused.value.response["OriginalStatusCode"] == 400
    assert "not JSON" in refused.value.response["OriginalMessage"]


def test_the_caller_may_invoke_and_nothing_else(platform: Platform, outcome: Outcome, flagship: Sample) -> None:
    assert outcome.predictions
    runtime = people.caller(platform.emulator, endpoint_name=f"mlops-rehearsal-{flagship.model}")

    with pytest.raises(ClientError, match="not authorized to perform: sagemaker:InvokeEndpoint"):
        runtime.invoke_endpoint(EndpointName="mlops-rehearsal-another", ContentType="text/csv", Body="1")
