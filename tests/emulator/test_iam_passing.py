"""iam:PassRole: whoever hands a role to a service needs the permission for that role and that service."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.emulator import passing
from tests.emulator.conftest import Emulator, lambda_runtime, statement
from tests.emulator.functions import archive

DEFINITION = json.dumps({"StartAt": "Done", "QueryLanguage": "JSONata", "States": {"Done": {"Type": "Succeed"}}})


@pytest.fixture(scope="module")
def roles(emulator: Emulator) -> dict[str, str]:
    return {
        "machine": emulator.role("passed-machine", "states.amazonaws.com"),
        "function": emulator.role("passed-function", "lambda.amazonaws.com"),
        "job": emulator.role("passed-job", "glue.amazonaws.com"),
    }


def test_a_state_machine_is_made_only_with_the_permission_to_pass_its_role(
    emulator: Emulator, roles: dict[str, str]
) -> None:
    maker = _maker(emulator, "machine-maker", ["states:*"])
    states = emulator.client("stepfunctions", emulator.session(maker))
    with pytest.raises(ClientError, match=f"iam:PassRole on resource: {roles['machine']}"):
        states.create_state_machine(name="passed", definition=DEFINITION, roleArn=roles["machine"])
    _let_pass(emulator, "machine-maker", ["states:*"], roles["machine"], "states.amazonaws.com")
    made = states.create_state_machine(name="passed", definition=DEFINITION, roleArn=roles["machine"])
    assert made["stateMachineArn"].endswith(":passed")


def test_the_permission_for_another_service_does_not_count(emulator: Emulator, roles: dict[str, str]) -> None:
    maker = _maker(emulator, "function-maker", ["lambda:*"])
    _let_pass(emulator, "function-maker", ["lambda:*"], roles["function"], "glue.amazonaws.com")
    functions = emulator.client("lambda", emulator.session(maker))
    runtime, architecture = lambda_runtime()
    wanted: dict[str, Any] = {
        "FunctionName": "passed",
        "Role": roles["function"],
        "Runtime": runtime,
        "Architectures": [architecture],
        "Handler": "index.handler",
        "Code": {"ZipFile": archive({"index.py": ""})},
    }
    with pytest.raises(ClientError, match="iam:PassRole"):
        functions.create_function(**wanted)
    _let_pass(emulator, "function-maker", ["lambda:*"], roles["function"], "lambda.amazonaws.com")
    functions.create_function(**wanted)


def test_a_glue_role_may_be_given_by_its_name_and_is_checked_all_the_same(
    emulator: Emulator, roles: dict[str, str]
) -> None:
    maker = _maker(emulator, "job-maker", ["glue:*"])
    glue = emulator.client("glue", emulator.session(maker))
    job = {"Name": "passed", "Role": "passed-job", "Command": {"Name": "glueetl", "ScriptLocation": "s3://b/k.py"}}
    with pytest.raises(ClientError, match="iam:PassRole"):
        glue.create_job(**job)
    _let_pass(emulator, "job-maker", ["glue:*"], roles["job"], "glue.amazonaws.com")
    glue.create_job(**job)


def test_the_account_owner_may_pass_every_role(emulator: Emulator, roles: dict[str, str]) -> None:
    states = emulator.client("stepfunctions")
    states.create_state_machine(name="owners", definition=DEFINITION, roleArn=roles["machine"])


def test_the_call_log_shows_who_passed_which_role(emulator: Emulator, roles: dict[str, str]) -> None:
    maker = _maker(emulator, "logged-maker", ["states:*"])
    states = emulator.client("stepfunctions", emulator.session(maker))
    with pytest.raises(ClientError):
        states.create_state_machine(name="logged", definition=DEFINITION, roleArn=roles["machine"])
    asked = [call for call in emulator.calls() if call["action"] == "iam:PassRole" and "logged-maker" in call["caller"]]
    assert [(call["resource"], call["decision"]) for call in asked] == [(roles["machine"], "denied")]


@pytest.mark.parametrize(
    ("action", "body", "expected"),
    [
        ("sagemaker:CreateTrainingJob", {"RoleArn": "arn:r"}, [("arn:r", "sagemaker.amazonaws.com")]),
        ("sagemaker:CreateModel", {"ExecutionRoleArn": "arn:r"}, [("arn:r", "sagemaker.amazonaws.com")]),
        (
            "sagemaker:CreateDomain",
            {"DefaultUserSettings": {"ExecutionRole": "arn:r"}},
            [("arn:r", "sagemaker.amazonaws.com")],
        ),
        (
            "events:PutTargets",
            {"Targets": [{"Arn": "arn:a"}, {"Arn": "arn:b", "RoleArn": "arn:r"}]},
            [("arn:r", "events.amazonaws.com")],
        ),
        ("glue:UpdateJob", {"JobUpdate": {"Role": "arn:r"}}, [("arn:r", "glue.amazonaws.com")]),
        ("sagemaker:CreateTransformJob", {"ModelName": "m"}, []),
        ("lambda:CreateFunction", [], []),
    ],
)
def test_roles_are_found_where_each_operation_has_them(action: str, body: Any, expected: list[tuple[str, str]]) -> None:
    assert passing.roles_in(action, json.dumps(body).encode()) == expected


def _maker(emulator: Emulator, name: str, actions: list[str]) -> str:
    return emulator.role(name, "states.amazonaws.com", [statement(actions)])


def _let_pass(emulator: Emulator, name: str, actions: list[str], role: str, service: str) -> None:
    condition = {"StringEquals": {"iam:PassedToService": service}}
    emulator.allow(name, [statement(actions), statement("iam:PassRole", role, Condition=condition)])
