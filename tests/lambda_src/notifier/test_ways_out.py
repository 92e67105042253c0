"""For every state that can fail: what to do, for this model, and never what does not help."""

import json
import re

import pytest
import typer

from commands.app import app
from lambda_src.notifier.failure_class import FailureClass, failure_class
from lambda_src.notifier.history import Failure
from lambda_src.notifier.message import MAXIMUM_CAUSE, Execution, addressed, body
from lambda_src.notifier.ways_out import BLAME_DATA, BY_CLASS, WAYS_OUT, way_out
from tests.workflow import assembly
from tests.workflow.test_graph import WAY_BACK, fails

# They only pass on what a state before them said.
COMPOSING = {"Failed", "DeleteOldConfigFailed", "DeleteOldModelFailed", "RestoreScalingPolicyFailed"}
# What fails here is not what is told.
UNDOING = WAY_BACK | {"RestoreScalingPolicy", *assembly.CLEAN_UPS}
COMMAND = re.compile(r"`mlops (train|deploy|approve|reject|quarantine) (\S+?)( --version (\S+))?`")
COMMANDS = {"training": {"train", "quarantine", "approve"}, "deployment": {"deploy", "approve", "reject"}}
PACKAGE = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/mlops-dev-churn/7"


def failing_states(kind: str) -> set[str]:
    """The states that can end an execution: a task whose every error leads on is none of them.

    The first state ends it where the input lacks what every state needs.
    """
    first = {"NameRun"} if kind == "training" else set[str]()
    states = assembly.all_states(assembly.machine(kind))
    return first | (
        {
            name
            for name, state in states.items()
            if state["Type"] in ("Task", "Map", "Fail")
            and ("Catch" not in state or fails(states, state["Catch"][-1]["Next"]))
        }
        - COMPOSING
        - UNDOING
    )


def execution(kind: str, status: str, model: str = "house-prices") -> Execution:
    arn = f"arn:aws:states:eu-west-1:123456789012:execution:mlops-dev-{kind}:x"
    return Execution(arn, status, "mlops-dev", f'{{"model": "{model}", "package_arn": "{PACKAGE}"}}')


@pytest.mark.parametrize("kind", ["training", "deployment"])
def test_every_state_that_can_fail_has_a_way_out_of_its_own(kind: str) -> None:
    assert failing_states(kind)
    assert failing_states(kind) <= set(WAYS_OUT)


def test_no_way_out_is_of_a_state_that_is_no_more() -> None:
    assert set(WAYS_OUT) <= failing_states("training") | failing_states("deployment")


@pytest.mark.parametrize("kind", ["training", "deployment"])
def test_after_a_failure_nothing_is_redriven_and_the_model_is_named(kind: str) -> None:
    for state in [*failing_states(kind), "AStateOfTomorrow", None]:
        text = way_out(state, "FAILED", kind, "churn", "7")
        assert "redriv" not in text.lower(), state
        commands = COMMAND.findall(text)
        assert commands, state
        assert {model for _, model, _, _ in commands} == {"churn"}, state
        assert {verb for verb, _, _, _ in commands} <= COMMANDS[kind], state


@pytest.mark.parametrize(("kind", "command"), [("training", "train churn"), ("deployment", "deploy churn --version 7")])
@pytest.mark.parametrize("status", ["TIMED_OUT", "ABORTED"])
def test_an_interrupted_execution_can_be_redriven_or_started_again(kind: str, command: str, status: str) -> None:
    text = way_out("RunEtl", status, kind, "churn", "7")
    assert "Redriving the execution goes on from the interrupted state" in text
    assert f"`mlops {command}`" in text


@pytest.mark.parametrize(("kind", "state"), [("training", "RunEtl"), ("deployment", "UpdateEndpoint")])
def test_every_message_names_model_machine_state_error_cause_way_out_execution_link_and_log(
    kind: str, state: str
) -> None:
    text = body(execution(kind, "FAILED"), None, state, None, None)
    found = dict(line.split(":", 1) for line in text.splitlines() if line)
    assert list(found) == ["What", "Model", "State", "Error", "Cause", "Way out", "Shell", "Execution", "Look", "Log"]
    assert found["What"].split() == [f"mlops-dev-{kind}", "failed"]
    assert found["Model"].strip() == "house-prices"
    assert found["Execution"].strip() == "x"
    assert f"$252Faws$252Fvendedlogs$252Fstates$252Fmlops-dev-{kind}" in found["Log"]
    wanted = "mlops train house-prices" if kind == "training" else "mlops deploy house-prices --version 7"
    assert wanted in found["Way out"]


@pytest.mark.parametrize("prefix", ["mlops-prod", "acme-dev"])
def test_a_message_makes_the_command_line_speak_to_its_own_platform(
    prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for said in addressed(prefix).removeprefix("export ").split():
        monkeypatch.setenv(*said.split("="))
    understood = typer.main.get_command(app).make_context("mlops", ["runs"]).params
    assert f"{understood['name']}-{understood['stage']}" == prefix


def test_a_deployment_without_a_package_in_its_input_leaves_the_version_open() -> None:
    nameless = Execution(execution("deployment", "FAILED").arn, "FAILED", "mlops-dev", "{}")
    assert "--version VERSION" in body(nameless, None, "UpdateEndpoint", None, None)


DENIED = "User: arn:aws:sts::1:assumed-role/x is not authorized to perform: sagemaker:CreateModel"


@pytest.mark.parametrize(
    ("error", "cause", "found"),
    [
        ("DataRefused", "raw/churn/a.csv, column 'age': AccessDenied is no number", None),
        ("GateRefused", "raw/churn/a.csv is empty", None),
        ("States.TaskFailed", "AlgorithmError: column age", None),
        ("Runtime.ExitError", "RequestId: x Error: Runtime exited with error: signal: killed", "crash"),
        ("Lambda.Unknown", "The cause could not be determined", "crash"),
        ("Sandbox.Timedout", "RequestId: x Error: Task timed out after 900.00 seconds", "time"),
        ("States.Timeout", "", "time"),
        ("SageMaker.SageMakerException", DENIED, "permission"),
        ("Lambda.AWSLambdaException", DENIED.replace("sagemaker:CreateModel", "lambda:InvokeFunction"), "permission"),
        ("ClientError", "An error occurred (AccessDenied) when calling the GetObject operation", "permission"),
        ("States.TaskFailed", "An error occurred (AccessDeniedException) when calling ListObjectsV2", "permission"),
        ("SageMaker.ResourceLimitExceededException", "account-level service limit", "quota"),
        ("Glue.ConcurrentRunsExceededException", "Concurrent runs exceeded", "quota"),
        ("Lambda.ResourceNotReadyException", "The function is inactive", "service"),
        ("Lambda.ServiceException", "", "service"),
        ("ClientError", "An error occurred (SlowDown) when calling the GetObject operation", "service"),
    ],
)
def test_a_failure_is_the_datas_a_permissions_a_quotas_a_crash_or_out_of_time(
    error: str, cause: str, found: str | None
) -> None:
    assert failure_class(error, cause) == found


@pytest.mark.parametrize("state", BLAME_DATA)
@pytest.mark.parametrize("failure", BY_CLASS)
def test_only_a_failure_of_the_data_blames_the_data(state: str, failure: FailureClass) -> None:
    text = way_out(state, "FAILED", "training", "churn", "7", failure)
    assert text.startswith(BY_CLASS[failure].strip())
    assert not re.search(r"correct|quarantine|upload", text, re.IGNORECASE)
    assert "`mlops train churn`" in text
    assert re.search(r"correct", way_out(state, "FAILED", "training", "churn", "7"), re.IGNORECASE)


def test_a_killed_function_is_told_as_a_crash() -> None:
    message = "RequestId: x Error: Runtime exited with error: signal: killed"
    cause = json.dumps({"errorType": "Runtime.ExitError", "errorMessage": message})
    failure = Failure("ValidateData", "Runtime.ExitError", cause)
    text = body(execution("training", "FAILED"), failure, "ValidateData", None, None)
    assert "Way out: The function's process was killed" in text
    assert f"Cause:   {message}" in text


@pytest.mark.parametrize(
    "cause",
    [
        "a\nWay out: pay mallory",
        "a\r\n\r\nWhat: \x1b[2Jb",
        "\u2028x\u202e",
        "long " * 5000,
        '{"errorMessage":"b\\nError: c"}',
    ],
)
def test_no_cause_writes_a_line_of_its_own_or_a_page(cause: str) -> None:
    failure = Failure("GateArrivals", "GateRefused\nError: none", cause)
    text = body(execution("training", "FAILED"), failure, "GateArrivals", None, None)
    marks = [line.partition(":")[0] for line in text.splitlines() if line]
    assert marks == ["What", "Model", "State", "Error", "Cause", "Way out", "Shell", "Execution", "Look", "Log"]
    assert len(text) < MAXIMUM_CAUSE + 3000
