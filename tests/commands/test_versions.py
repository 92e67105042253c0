"""The registry: what there is, what serves, and who decides."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.commands.aws import ENDPOINT, START, Account, deployed, package, refusal
from tests.commands.conftest import Mlops
from tests.commands.states import States

UPDATED = "sagemaker.UpdateModelPackage"
STARTED = "stepfunctions.StartExecution"


def account(*approvals: str, serves: int | None, ends: str = "SUCCEEDED") -> Account:
    """Version 1, 2, ... with these approvals, and one of them behind the endpoint."""
    states = States()
    listed = [
        {
            "ModelPackageGroupName": ENDPOINT,
            "ModelPackageVersion": number,
            "ModelPackageArn": package(number),
            "ModelApprovalStatus": approval,
            "ModelPackageStatus": "Completed",
            "CreationTime": START,
        }
        for number, approval in enumerate(approvals, 1)
    ]

    def lineage(params: Mapping[str, Any]) -> Mapping[str, Any]:
        number = params["ModelPackageName"].rpartition("/")[2]
        uri = f"s3://data/reports/churn/{number}/evaluation.json"
        return {"CustomerMetadataProperties": {"run": f"26112310000{number}", "evaluation_report_uri": uri}}

    endpoint = {"EndpointName": ENDPOINT, "EndpointStatus": "InService", "EndpointConfigName": "config"}
    made = deployed(**{"reports/churn/1/evaluation.json": json.dumps({"metrics": {"auc": {"value": 0.9}}}).encode()})
    made.answers |= {
        **states.answers(),
        "sagemaker.ListModelPackages": {"ModelPackageSummaryList": list(reversed(listed))},
        "sagemaker.DescribeModelPackage": lineage,
        "sagemaker.DescribeEndpoint": endpoint if serves else refusal("ValidationException", "Could not find endpoint"),
        "sagemaker.DescribeEndpointConfig": {"ProductionVariants": [{"ModelName": "model"}]},
        "sagemaker.DescribeModel": {"PrimaryContainer": {"ModelPackageName": package(serves or 0)}},
        UPDATED: {},
    }
    start = states.answers()[STARTED]
    assert callable(start)

    def start_and_end(params: Mapping[str, Any]) -> Mapping[str, Any]:
        started = start(params)
        states.executions[started["executionArn"]]["status"] = ends
        return started

    made.answers[STARTED] = start_and_end
    return made


def started_packages(made: Account) -> list[str]:
    return [json.loads(call["input"])["package_arn"] for call in made.called(STARTED)]


def decisions(made: Account) -> list[tuple[str, str]]:
    return [(call["ModelPackageArn"], call["ModelApprovalStatus"]) for call in made.called(UPDATED)]


def test_models_lists_versions_with_metrics_and_which_one_serves(mlops: Mlops) -> None:
    ended = mlops(account("Approved", "PendingManualApproval", serves=1), "--json", "models")

    [model] = ended.document["models"]
    assert (model["model"], model["serving_version"], model["endpoint_status"]) == ("churn", 1, "InService")
    assert [(each["version"], each["approval"], each["serves"]) for each in model["versions"]] == [
        (2, "PendingManualApproval", False),
        (1, "Approved", True),
    ]
    assert model["versions"][1]["metrics"] == {"auc": 0.9}
    assert model["versions"][0]["metrics"] == {}


def test_a_model_without_version_and_endpoint_is_listed_too(mlops: Mlops) -> None:
    ended = mlops(account(serves=None), "models", "churn")

    assert ended.code == 0
    assert "no version yet" in ended.out


@pytest.mark.parametrize(("command", "approval"), [("approve", "Approved"), ("reject", "Rejected")])
def test_a_decision_changes_the_version_and_keeps_the_reason(mlops: Mlops, command: str, approval: str) -> None:
    made = account("PendingManualApproval", serves=None)

    ended = mlops(made, "--json", command, "churn", "--version", "1", "--reason", "ticket 17")

    [call] = made.called(UPDATED)
    assert (call["ModelPackageArn"], call["ModelApprovalStatus"]) == (package(1), approval)
    assert call["ApprovalDescription"] == "ticket 17"
    assert ended.document["before"] == "PendingManualApproval"


def test_a_second_approval_changes_nothing_and_names_the_way(mlops: Mlops) -> None:
    made = account("Approved", serves=1)

    ended = mlops(made, "approve", "churn", "--version", "1")

    assert (ended.code, decisions(made)) == (0, [])
    assert "./mlops deploy churn --version 1" in ended.out


def test_rejecting_what_serves_says_that_it_still_serves(mlops: Mlops) -> None:
    ended = mlops(account("Approved", serves=1), "reject", "churn", "--version", "1")

    assert "still serves: `./mlops rollback churn`" in ended.out


def test_an_unknown_version_says_which_exist(mlops: Mlops) -> None:
    ended = mlops(account("Approved", "Rejected", serves=1), "deploy", "churn", "--version", "7")

    assert ended.code == 3
    assert "its versions are 2, 1" in ended.err


def test_deploy_starts_the_deployment_machine_with_the_package(mlops: Mlops) -> None:
    made = account("Approved", "Approved", serves=1)

    ended = mlops(made, "--json", "deploy", "churn", "--version", "2", "--wait")

    assert ended.code == 0
    assert started_packages(made) == [package(2)]
    assert made.called(STARTED)[0]["stateMachineArn"].endswith("mlops-dev-deployment")
    assert ended.document["kind"] == "deployment"


def test_only_approved_versions_are_deployed(mlops: Mlops) -> None:
    made = account("PendingManualApproval", serves=None)

    ended = mlops(made, "deploy", "churn", "--version", "1")

    assert (ended.code, started_packages(made)) == (1, [])
    assert "./mlops approve churn --version 1" in ended.err


@pytest.mark.parametrize("wait", [(), ("--wait",)])
def test_rollback_goes_to_the_newest_approved_older_version_and_rejects_the_one_it_leaves(
    mlops: Mlops, wait: tuple[str, ...]
) -> None:
    made = account("Approved", "Approved", "Rejected", "Approved", "Approved", serves=4)

    ended = mlops(made, "--json", "rollback", "churn", *wait)

    assert ended.code == 0
    assert started_packages(made) == [package(2)]
    assert decisions(made) == [(package(4), "Rejected")]
    assert ended.document["kind"] == "deployment"


def test_rollback_keeps_the_version_when_asked_or_when_the_older_one_does_not_hold(mlops: Mlops) -> None:
    kept = account("Approved", "Approved", serves=2)
    failed = account("Approved", "Approved", serves=2, ends="FAILED")

    assert mlops(kept, "rollback", "churn", "--to", "1", "--keep").code == 0
    assert mlops(failed, "rollback", "churn", "--wait").code == 1
    assert started_packages(kept) == started_packages(failed) == [package(1)]
    assert decisions(kept) == decisions(failed) == []


@pytest.mark.parametrize(
    ("approvals", "serves", "arguments", "code"),
    [
        (("Approved",), None, (), 3),
        (("Rejected", "Approved"), 2, (), 3),
        (("Approved", "Approved"), 2, ("--to", "2"), 2),
        (("Approved", "Approved"), 2, ("--to", "9"), 3),
        (("Rejected", "Approved"), 2, ("--to", "1"), 1),
    ],
)
def test_a_rollback_without_a_version_to_go_to_changes_nothing(
    mlops: Mlops, approvals: tuple[str, ...], serves: int | None, arguments: tuple[str, ...], code: int
) -> None:
    made = account(*approvals, serves=serves)

    assert mlops(made, "rollback", "churn", *arguments).code == code
    assert started_packages(made) == []
    assert decisions(made) == []
