"""The runs: the list, one run in detail, and its log lines."""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from commands.log_lines import is_of, matters, readable
from tests.commands.aws import RUN, START, Account, deployed, execution, package
from tests.commands.conftest import Mlops
from tests.commands.states import States, events

REPORT = {
    "verdict": "promote",
    "reasons": ["maximum_error is 0.2, and the candidate has 0.1"],
    "metrics": {"error": {"value": 0.1, "low": 0.08, "high": 0.12, "method": "Wilson"}},
}
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:gate"


def account(states: States) -> Account:
    made = deployed(**{f"reports/churn/{RUN}/evaluation.json": json.dumps(REPORT).encode()})
    made.answers |= {
        **states.answers(),
        "sagemaker.DescribeModelPackage": {
            "ModelPackageArn": package(1),
            "ModelPackageVersion": 1,
            "ModelApprovalStatus": "Approved",
        },
    }
    return made


def ran() -> States:
    states = States()
    states.add(execution("training", "t1"), output={"verdict": "promote", "package_arn": package(1)})
    states.add(execution("deployment", "d1"), output={"version": "1"})
    return states


def test_runs_of_both_machines_are_listed_with_verdict_and_cause(mlops: Mlops) -> None:
    states = ran()
    states.add(execution("training", "t2"), status="FAILED", error="E", cause="RunEtl (job): the disk is full")

    ended = mlops(account(states), "--json", "runs")

    by_name = {each["execution"].rpartition(":")[2]: each for each in ended.document["runs"]}
    assert by_name.keys() == {"t1", "d1", "t2"}
    assert (by_name["t1"]["verdict"], by_name["t1"]["run"]) == ("promote", RUN)
    assert by_name["d1"]["version"] == "1"
    assert (by_name["t2"]["failed_state"], by_name["t2"]["cause"]) == ("RunEtl", "the disk is full")


def test_runs_of_other_models_on_the_same_machines_are_not_listed(mlops: Mlops) -> None:
    """By their names, or by what they were given where somebody named them otherwise."""
    states = ran()
    for name in ("churn-red-20261123100000000", "churn-20261123100000000", "by-hand"):
        states.add(execution("training", name), input=json.dumps({"model": "loans"}))

    listed = mlops(account(states), "--json", "runs", "churn").document["runs"]

    names = {each["execution"].rpartition(":")[2] for each in listed}
    assert names == {"t1", "d1", "churn-20261123100000000"}


def test_the_list_for_people_says_the_same(mlops: Mlops) -> None:
    ended = mlops(account(ran()), "runs", "churn")

    assert RUN in ended.out
    assert "promote" in ended.out
    assert "version 1 serves" in ended.out


def test_one_run_shows_states_metrics_and_the_registry_entry(mlops: Mlops) -> None:
    ended = mlops(account(ran()), "--json", "runs", "churn", RUN)

    assert [state["state"] for state in ended.document["states"]] == ["NameRun", "TrainModel"]
    assert ended.document["states"][1]["seconds"] == 60.0
    assert ended.document["metrics"]["error"]["value"] == 0.1
    assert ended.document["package"] == {"arn": package(1), "version": 1, "approval": "Approved"}


def test_what_a_run_went_on_in_spite_of_is_told_with_it(mlops: Mlops) -> None:
    states = States()
    states.add(
        execution("training", "t1"), output={"verdict": "keep", "warnings": ["raw/churn/a.csv: the file is empty"]}
    )
    made = account(states)

    [listed] = mlops(made, "--json", "runs").document["runs"]
    shown = mlops(made, "runs", "churn", RUN)

    assert listed["warnings"] == ["raw/churn/a.csv: the file is empty"]
    assert "warning: raw/churn/a.csv: the file is empty" in shown.out


def test_a_run_that_is_not_there_is_not_found(mlops: Mlops) -> None:
    ended = mlops(account(ran()), "runs", "churn", "990101000000")

    assert ended.code == 3
    assert "./mlops runs churn" in ended.err


def gate_history() -> list[dict[str, Any]]:
    task = [
        {
            "type": "TaskScheduled",
            "taskScheduledEventDetails": {
                "resourceType": "lambda",
                "resource": "invoke",
                "region": "eu-west-1",
                "parameters": json.dumps({"FunctionName": FUNCTION, "Payload": {}}),
            },
        },
        {"type": "TaskStarted"},
        {
            "type": "TaskSucceeded",
            "taskSucceededEventDetails": {
                "resourceType": "lambda",
                "resource": "invoke",
                "output": json.dumps({"SdkResponseMetadata": {"RequestId": "ours"}}),
            },
        },
    ]
    return events(("NameRun", 0.5), ("GateArrivals", 1.0), task=task)


def line(message: Any, seconds: float) -> dict[str, Any]:
    text = message if isinstance(message, str) else json.dumps(message)
    return {"message": text, "timestamp": int((START + timedelta(seconds=seconds)).timestamp() * 1000)}


def test_the_log_of_a_run_is_what_its_own_calls_wrote(mlops: Mlops) -> None:
    states = States(gate_history())
    states.add(execution("training", "t1"), output={"verdict": "promote"})
    made = account(states)
    made.answers |= {
        "lambda.GetFunctionConfiguration": {"FunctionName": "gate", "LoggingConfig": {"LogGroup": "/logs/gate"}},
        "logs.FilterLogEvents": {
            "events": [
                line("START RequestId: ours Version: $LATEST", 0.5),
                line({"level": "INFO", "message": "gate", "checked": 1, "function_request_id": "ours"}, 0.9),
                line({"level": "INFO", "message": "gate", "checked": 9, "function_request_id": "theirs"}, 0.8),
            ]
        },
    }

    ended = mlops(made, "logs", "churn", RUN)

    assert ended.code == 0
    assert ended.out.splitlines() == ["10:00:00.900 GateArrivals INFO gate checked=1"]
    [asked] = made.called("logs.FilterLogEvents")
    assert asked["logGroupName"] == "/logs/gate"
    assert asked["startTime"] < asked["endTime"]


def test_the_log_of_a_job_is_that_of_its_own_stream(mlops: Mlops) -> None:
    task = {
        "type": "TaskScheduled",
        "taskScheduledEventDetails": {
            "resourceType": "sagemaker",
            "resource": "createTrainingJob.sync",
            "region": "eu-west-1",
            "parameters": json.dumps({"TrainingJobName": "mlops-dev-churn-1"}),
        },
    }
    states = States(events(("TrainModel", 1.0), task=[task]))
    states.add(execution("training", "t1"))
    made = account(states)
    ours, theirs = line("boosted-auc=0.9;", 0.5), line("boosted-auc=0.1;", 0.6)
    made.answers["logs.FilterLogEvents"] = {
        "events": [
            {**ours, "logStreamName": "mlops-dev-churn-1/algo-1"},
            {**theirs, "logStreamName": "mlops-dev-churn-12/algo-1"},
        ]
    }

    ended = mlops(made, "--json", "logs", "churn", RUN)

    assert [each["message"] for each in ended.document["lines"]] == ["boosted-auc=0.9;"]
    assert made.called("logs.FilterLogEvents")[0]["logStreamNamePrefix"] == "mlops-dev-churn-1/"


def glue_account(groups: dict[str, list[str]]) -> Account:
    """A run whose Glue job jr_1 wrote into the streams of these log groups."""
    details = {"resourceType": "glue", "resource": "startJobRun.sync", "region": "eu-west-1"}
    task = [
        {"type": "TaskScheduled", "taskScheduledEventDetails": {**details, "parameters": '{"JobName": "etl"}'}},
        {"type": "TaskSubmitted", "taskSubmittedEventDetails": {**details, "output": '{"JobRunId": "jr_1"}'}},
    ]
    states = States(events(("RunEtl", 1.0), task=task))
    states.add(execution("training", "t1"))

    def listed(asked: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "logGroups": [{"logGroupName": name} for name in groups if name.startswith(asked["logGroupNamePrefix"])]
        }

    def streams(asked: Mapping[str, Any]) -> dict[str, Any]:
        held = groups[asked["logGroupName"]]
        return {"logStreams": [{"logStreamName": n} for n in held if n.startswith(asked["logStreamNamePrefix"])]}

    def filtered(asked: Mapping[str, Any]) -> dict[str, Any]:
        text = asked["logGroupName"]
        return {"events": [{**line(text, 0.5), "logStreamName": name} for name in groups[text]]}

    made = account(states)
    made.answers |= {
        "logs.DescribeLogGroups": listed,
        "logs.DescribeLogStreams": streams,
        "logs.FilterLogEvents": filtered,
    }
    return made


@pytest.mark.parametrize(
    "group",
    [
        "/aws-glue/jobs/output",
        "/aws-glue/jobs/output-EtlRole-mlops-dev-security",
        "/aws-glue/jobs/mlops-dev-security-role/EtlRole/output",
        "/aws-glue/jobs/mlops-dev-security/service-role/EtlRole/output",
        "/aws-glue/jobs-EtlRole-mlops-dev-security/output",
        "/aws-glue/jobs/logs-v2-mlops-dev-security",
    ],
)
def test_the_log_of_the_glue_job_is_found_by_its_run_whatever_glue_calls_the_group(mlops: Mlops, group: str) -> None:
    """Public sources disagree about the name under a security configuration (ADR 19); each of theirs is here."""
    made = glue_account({group: ["jr_1", "jr_1_g-7f2e"], "/aws-glue/jobs/error": ["jr_2"], "/aws-glue/crawlers": []})

    ended = mlops(made, "--json", "logs", "churn", RUN)

    assert [each["message"] for each in ended.document["lines"]] == [group, group]
    assert [asked["logGroupName"] for asked in made.called("logs.FilterLogEvents")] == [group]


def test_a_state_that_wrote_nothing_names_those_that_did(mlops: Mlops) -> None:
    states = States(gate_history())
    states.add(execution("training", "t1"))

    ended = mlops(account(states), "logs", "churn", "--state", "TrainModel")

    assert ended.code == 3
    assert "GateArrivals" in ended.err


def test_a_log_group_that_is_not_there_is_told_and_no_error(mlops: Mlops) -> None:
    made = account(ran())
    made.answers["logs.FilterLogEvents"] = {"Error": {"Code": "ResourceNotFoundException", "Message": "no group"}}

    ended = mlops(made, "--json", "logs", "churn", "--endpoint")

    assert (ended.code, ended.document["lines"]) == (0, [])
    assert "/aws/sagemaker/Endpoints/mlops-dev-churn does not exist" in ended.err


def test_lines_of_another_model_or_of_metrics_are_left_out_and_plain_ones_kept() -> None:
    assert is_of('{"message": "x", "model": "churn"}', "churn", None)
    assert not is_of('{"message": "x", "model": "houses"}', "churn", None)
    assert not is_of('{"_aws": {"CloudWatchMetrics": []}}', "churn", None)
    assert is_of("Traceback (most recent call last):", "churn", "ours")
    assert not is_of("REPORT RequestId: theirs Duration: 1 ms", "churn", "ours")
    assert readable('{"level": "ERROR", "message": "m", "run": "1", "service": "s"}\n') == "ERROR m run=1"
    assert readable('{"lines": 3}') == '{"lines": 3}'


def test_what_the_toolkit_says_of_itself_does_not_matter() -> None:
    assert matters("boosted-auc=0.930764;")
    assert matters('PLATFORM_FAILURE {"file": "a.csv"}')
    assert matters("[2026-11-23 10:00:00 +0000] [9] [ERROR] Worker failed to boot")
    assert not matters("SM_NUM_CPUS=2")
    assert not matters('    "current_host": "algo-1",')
    assert not matters("  Created wheel for mlops-model-code: filename=x.whl")
