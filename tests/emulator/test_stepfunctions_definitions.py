"""CreateStateMachine refuses what AWS refuses, before anything runs."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.emulator.stepfunctions import definition
from rehearsal.emulator.stepfunctions.errors import Refused

GOOD: dict[str, Any] = {
    "QueryLanguage": "JSONata",
    "StartAt": "Train",
    "TimeoutSeconds": 3600,
    "States": {
        "Train": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sagemaker:createTrainingJob.sync",
            "Arguments": {
                "TrainingJobName": "{% 'churn-' & $states.context.Execution.Name %}",
                "RoleArn": "arn:aws:iam::000000000000:role/training",
                "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
                "InputDataConfig": [
                    {
                        "ChannelName": "train",
                        "DataSource": {"S3DataSource": {"S3DataType": "ManifestFile", "S3Uri": "s3://b/m"}},
                    }
                ],
                "OutputDataConfig": {"S3OutputPath": "s3://b/models"},
                "ResourceConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10},
                "StoppingCondition": {"MaxRuntimeInSeconds": 600},
            },
            "TimeoutSeconds": 900,
            "Retry": [
                {
                    "ErrorEquals": ["SageMaker.AmazonSageMakerException"],
                    "IntervalSeconds": 5,
                    "MaxDelaySeconds": 60,
                    "JitterStrategy": "FULL",
                }
            ],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Failed", "Output": "{% $states.errorOutput %}"}],
            "Next": "Settled?",
        },
        "Settled?": {
            "Type": "Choice",
            "Choices": [{"Condition": "{% $states.input.done = true %}", "Next": "Done"}],
            "Default": "Pause",
        },
        "Pause": {"Type": "Wait", "Seconds": 15, "Next": "Settled?"},
        "Done": {"Type": "Succeed", "Output": {"ok": True}},
        "Failed": {"Type": "Fail", "Error": "TrainingFailed", "Cause": "{% $states.input.Cause %}"},
    },
}
Change = Callable[[dict[str, Any]], object]


def refusal_of(changed: dict[str, Any]) -> str:
    with pytest.raises(Refused) as refused:
        definition.check(json.dumps(changed))
    assert refused.value.code == "InvalidDefinition"
    return refused.value.message


def test_a_correct_definition_is_accepted() -> None:
    assert definition.check(json.dumps(GOOD))["StartAt"] == "Train"


def test_text_that_is_no_json_is_refused() -> None:
    with pytest.raises(Refused, match="INVALID_JSON_DESCRIPTION"):
        definition.check("{")


WRONG: list[tuple[str, Change, str]] = [
    ("a Next that leads nowhere", lambda s: s["Pause"].update(Next="Nowhere"), "Missing 'Next' target: Nowhere"),
    ("a Default that leads nowhere", lambda s: s["Settled?"].update(Default="X"), "Missing 'Next' target: X"),
    ("a Catch that leads nowhere", lambda s: s["Train"]["Catch"][0].update(Next="X"), "Missing 'Next' target: X"),
    ("a state nothing leads to", lambda s: s.update(Lost={"Type": "Succeed"}), '"Lost" is not reachable'),
    ("JSONPath in a JSONata state", lambda s: s["Train"].update(ResultPath="$.x"), "support the field 'ResultPath'"),
    ("a JSONPath Choice", lambda s: s["Settled?"]["Choices"].append({"Variable": "$.a", "Next": "Done"}), "Variable"),
    ("an unknown service", lambda s: s["Train"].update(Resource="arn:aws:states:::aws-sdk:nosuch:go"), "recognized"),
    ("an unknown action", lambda s: s["Train"].update(Resource="arn:aws:states:::aws-sdk:glue:fly"), "no action 'fly'"),
    (
        "an upper-case action",
        lambda s: s["Train"].update(Resource="arn:aws:states:::aws-sdk:glue:GetJob"),
        "recognized",
    ),
    ("a .sync that is none", lambda s: s["Train"].update(Resource="arn:aws:states:::lambda:invoke.sync"), "recognized"),
    (
        "a callback",
        lambda s: s["Train"].update(Resource="arn:aws:states:::sqs:sendMessage.waitForTaskToken"),
        "pattern",
    ),
    ("a function's ARN", lambda s: s["Train"].update(Resource="arn:aws:lambda:us-east-1:0:function:f"), "integration"),
    ("broken JSONata", lambda s: s["Failed"].update(Cause="{% $states.input. %}"), "INVALID_JSONATA_EXPRESSION"),
    ("half an expression", lambda s: s["Failed"].update(Cause="{% $x"), "INVALID_JSONATA_EXPRESSION"),
    ("States.ALL beside others", lambda s: s["Train"]["Catch"][0]["ErrorEquals"].append("E"), "must appear alone"),
    ("a jitter of its own", lambda s: s["Train"]["Retry"][0].update(JitterStrategy="SOME"), "FULL or NONE"),
    ("a longest delay below the first", lambda s: s["Train"]["Retry"][0].update(MaxDelaySeconds=5), "greater than"),
    ("a state with no successor", lambda s: s["Pause"].pop("Next"), "'Next' or 'End'"),
    ("a Wait without a time", lambda s: s["Pause"].pop("Seconds"), "exactly one of"),
    ("a reserved variable", lambda s: s["Pause"].update(Assign={"states": 1}), "no variable name"),
    ("a heartbeat", lambda s: s["Train"].update(HeartbeatSeconds=5), "HeartbeatSeconds"),
    ("a task timeout of 0", lambda s: s["Train"].update(TimeoutSeconds=0), "greater than 0"),
    (
        "a training field that the optimised integration has not",
        lambda s: s["Train"]["Arguments"]["AlgorithmSpecification"].update(ContainerEntrypoint=["python3"]),
        'The field "AlgorithmSpecification.ContainerEntrypoint" is not supported by Step Functions',
    ),
    (
        "a field that the API has not",
        lambda s: s["Train"]["Arguments"].update(TrainingJobname="x"),
        'The field "TrainingJobname" is not supported by Step Functions',
    ),
    (
        "spot training",
        lambda s: s["Train"]["Arguments"].update(EnableManagedSpotTraining=True),
        'The field "EnableManagedSpotTraining" is not supported by Step Functions',
    ),
    (
        "a missing required field",
        lambda s: s["Train"]["Arguments"].pop("RoleArn"),
        'The field "RoleArn" is required but was missing',
    ),
]


@pytest.mark.parametrize(("change", "message"), [wrong[1:] for wrong in WRONG], ids=[wrong[0] for wrong in WRONG])
def test_a_wrong_definition_is_refused_with_its_place(change: Change, message: str) -> None:
    changed = copy.deepcopy(GOOD)
    change(changed["States"])
    assert message in refusal_of(changed)


def test_a_jsonpath_machine_is_refused_because_the_rehearsal_does_not_run_it() -> None:
    assert "JSONata" in refusal_of({**GOOD, "QueryLanguage": "JSONPath"})


def test_a_machine_timeout_must_be_a_whole_number() -> None:
    assert "/TimeoutSeconds" in refusal_of({**GOOD, "TimeoutSeconds": "60"})


def test_fields_of_the_same_call_are_free_in_an_sdk_task() -> None:
    changed = copy.deepcopy(GOOD)
    changed["States"]["Train"]["Resource"] = "arn:aws:states:::aws-sdk:sagemaker:createTrainingJob"
    changed["States"]["Train"]["Arguments"]["EnableManagedSpotTraining"] = True
    assert definition.check(json.dumps(changed))


def test_a_wrong_state_in_a_branch_is_found() -> None:
    inner = {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}
    outer = {"Type": "Parallel", "Branches": [inner], "End": True}
    changed = {"QueryLanguage": "JSONata", "StartAt": "P", "States": {"P": outer}}
    assert "/States/P/Branches/0/States/A/Next" in refusal_of(changed)


@given(st.sampled_from(sorted(GOOD["States"])))
def test_no_state_can_be_taken_away(name: str) -> None:
    changed = copy.deepcopy(GOOD)
    del changed["States"][name]
    assert "MISSING_TRANSITION_TARGET" in refusal_of(changed)


@given(st.text(alphabet="ABCabc", min_size=1, max_size=12).filter(lambda name: name not in {"Comment", "Type"}))
def test_no_field_is_ignored(name: str) -> None:
    changed = copy.deepcopy(GOOD)
    changed["States"]["Pause"][name] = 1
    assert f"'{name}'" in refusal_of(changed)
