"""Destroying: shown first, asked for, and done by the CDK."""

import json
import subprocess
from collections.abc import Mapping
from typing import Any

import pytest

from commands import destroy
from tests.commands.aws import Account, describe_stacks
from tests.commands.conftest import Mlops

RESOURCES = {"Data": "AWS::S3::Bucket", "Key": "AWS::KMS::Key", "Rule": "AWS::Events::Rule"}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that were run in place of the CDK."""
    commands: list[list[str]] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        commands.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    return commands


def account(made: list[list[str]], *, gone: bool = True) -> Account:
    template = {name: {"Type": kind} for name, kind in RESOURCES.items()}
    template["Key"]["DeletionPolicy"] = "Retain"
    listed = [
        {"LogicalResourceId": name, "PhysicalResourceId": name.lower(), "ResourceType": kind}
        for name, kind in RESOURCES.items()
    ]

    def stacks(params: Mapping[str, Any]) -> Mapping[str, Any]:
        return {"Stacks": []} if made and gone else describe_stacks(params)

    return Account(
        {
            "cloudformation.DescribeStacks": stacks,
            "cloudformation.GetTemplate": {"TemplateBody": {"Resources": template}},
            "cloudformation.ListStackResources": {"StackResourceSummaries": listed},
        }
    )


def test_it_shows_what_goes_and_what_stays_and_wants_the_stages_name(mlops: Mlops, made: list[list[str]]) -> None:
    ended = mlops(account(made), "destroy", typed="prod\n")

    assert (ended.code, made) == (1, [])
    goes, _, stays = ended.err.partition("These stay:")
    assert "AWS::S3::Bucket data" in goes
    assert "3 AWS::Events::Rule" in goes
    assert "AWS::KMS::Key key" in stays
    assert "endpoints" in goes


@pytest.mark.parametrize(("arguments", "typed"), [((), "dev\n"), (("--yes",), "")])
def test_with_the_name_or_yes_the_cdk_destroys_that_stage(
    mlops: Mlops, made: list[list[str]], arguments: tuple[str, ...], typed: str
) -> None:
    ended = mlops(account(made), "--json", "destroy", *arguments, typed=typed)

    assert ended.code == 0
    assert made == [["make", "--silent", "destroy", "STAGE=dev", "YES=1"]]
    assert json.loads(ended.out)["stays"] == ["AWS::KMS::Key key"] * 3


def test_stacks_that_are_still_there_are_a_failure(mlops: Mlops, made: list[list[str]]) -> None:
    ended = mlops(account(made, gone=False), "destroy", "--yes")

    assert ended.code == 1
    assert "still there: mlops-dev-storage" in ended.err


def test_a_failed_cdk_is_a_failure(mlops: Mlops, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(destroy.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 2))

    ended = mlops(account([]), "destroy", "--yes")

    assert ended.code == 1
    assert "ended with 2" in ended.err


def test_nothing_deployed_is_nothing_to_destroy(mlops: Mlops, made: list[list[str]]) -> None:
    ended = mlops(Account({"cloudformation.DescribeStacks": {"Stacks": []}}), "destroy", "--yes")

    assert (ended.code, made) == (3, [])
