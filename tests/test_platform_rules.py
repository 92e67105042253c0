"""Verdicts of outside judges on the templates, and rules that only hold over all eight of them together."""

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import aws_cdk as cdk
import pytest
from cdk_nag import AwsSolutionsChecks

from mlops_constructs import acknowledgements, wildcards
from mlops_constructs.wildcards import BEHIND_A_PREFIX, UNSCOPED
from tests.synth import MODULES, app_of, assembly, new_folder

HIDDEN = "test:acknowledged"


@pytest.fixture(scope="module")
def judged() -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The findings of cdk-nag when nothing is acknowledged, and those that the constructs acknowledge."""
    folder = new_folder() / "cdk.out"
    with patch.object(acknowledgements, "Validations", SimpleNamespace(ACKNOWLEDGED_RULES_METADATA_KEY=HIDDEN)):
        app = app_of("dev", folder)
        cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
        with pytest.raises(RuntimeError, match="ValidationFailed"):
            app.synth()
    report = json.loads((folder / "validation-report.json").read_text())
    found = [
        (place["constructPath"], violation["ruleName"])
        for plugin in report["pluginReports"]
        for violation in plugin["violations"]
        for place in violation["violatingConstructs"]
    ]
    accepted = [
        (node.node.path, finding.removeprefix("Annotation::"))
        for node in app.node.find_all()
        for entry in node.node.metadata
        if entry.type == HIDDEN
        for finding in entry.data
    ]
    return found, accepted


def test_every_finding_of_nag_is_acknowledged_once_and_every_acknowledgement_is_of_one_finding(
    judged: tuple[list[tuple[str, str]], list[tuple[str, str]]],
) -> None:
    found, accepted = judged

    def is_about(acceptance: tuple[str, str], finding: tuple[str, str]) -> bool:
        inside = finding[0] == acceptance[0] or finding[0].startswith(f"{acceptance[0]}/")
        return inside and acceptance[1] == finding[1]

    assert len(found) > 50
    assert [finding for finding in found if sum(is_about(one, finding) for one in accepted) != 1] == []
    assert [one for one in accepted if sum(is_about(one, finding) for finding in found) != 1] == []


def test_cfn_lint_finds_nothing() -> None:
    templates = [str(path) for path in sorted(assembly("prod").folder.glob("*.template.json"))]
    linter = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run([str(linter), *templates], capture_output=True, text=True, check=False)

    assert len(templates) == len(MODULES)
    assert (done.returncode, done.stdout) == (0, "")


def test_no_two_stacks_write_the_same_policy_of_one_role() -> None:
    names = Counter(
        (json.dumps(role), policy.properties["PolicyName"])
        for policy in assembly("prod").resources("AWS::IAM::Policy")
        for role in policy.properties["Roles"]
    )

    assert [name for name, count in names.items() if count > 1] == []


def test_every_role_is_trusted_by_one_service_and_has_no_managed_and_no_inline_policy() -> None:
    for role in assembly("prod").resources("AWS::IAM::Role"):
        [statement] = role.properties["AssumeRolePolicyDocument"]["Statement"]
        assert set(statement["Principal"]) == {"Service"}, role.logical_id
        assert isinstance(statement["Principal"]["Service"], str), role.logical_id
        assert not {"ManagedPolicyArns", "Policies"} & set(role.properties), role.logical_id


def test_every_role_is_given_something_to_do() -> None:
    platform = assembly("prod")
    outputs = json.dumps([policy.properties["Roles"] for policy in platform.resources("AWS::IAM::Policy")])
    idle = [role.logical_id for role in platform.resources("AWS::IAM::Role") if role.logical_id not in outputs]

    assert idle == []


def _allowed(platform_stage: str = "prod") -> Iterator[tuple[str, list[str], list[Any], dict[str, Any]]]:
    for policy in assembly(platform_stage).resources("AWS::IAM::Policy"):
        for statement in policy.properties["PolicyDocument"]["Statement"]:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            places = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
            yield json.dumps(policy.properties["Roles"]), actions, places, statement.get("Condition", {})


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_no_action_is_a_wildcard_and_every_star_alone_has_its_reason_in_the_table(stage: str) -> None:
    for role, actions, places, _ in _allowed(stage):
        assert not [action for action in actions if "*" in action], role
        if "*" in places:
            assert set(actions) <= set(UNSCOPED), role


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_no_statement_allows_all_but_something_and_no_policy_is_made_by_aws(stage: str) -> None:
    """In every policy of every resource, whatever it is called there."""
    statements = [found for resource in assembly(stage).resources() for found in _statements(resource.properties)]
    inverted = [one for one in statements if {"NotAction", "NotResource", "NotPrincipal"} & set(one)]
    open_to_all = [one for one in statements if one["Effect"] == "Allow" and "*" in json.dumps(one.get("Principal"))]
    everything = json.dumps([resource.body for resource in assembly(stage).resources()])

    assert len(statements) > 100
    assert inverted == []
    assert open_to_all == []
    assert ":iam::aws:policy/" not in everything
    assert not assembly(stage).resources("AWS::IAM::ManagedPolicy", "AWS::IAM::User", "AWS::IAM::Group")


def _statements(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "Effect" in value:
            yield value
        else:
            for inner in value.values():
                yield from _statements(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _statements(inner)


def test_no_reason_for_a_wildcard_has_outlived_its_use() -> None:
    alone: set[str] = set()
    prefixes: set[str] = set()
    # One stage takes everything along on destroy, the other one keeps what would be missed.
    for _, actions, places, _ in (*_allowed("dev"), *_allowed("prod")):
        for place in map(wildcards.flatten, places):
            if place == "*":
                alone |= set(actions)
            elif "*" in place:
                prefixes.add(next(pattern for pattern in BEHIND_A_PREFIX if re.search(pattern, place)))

    assert alone == set(UNSCOPED)
    assert prefixes == set(BEHIND_A_PREFIX)


def test_the_training_role_reaches_nothing_that_judges_its_model() -> None:
    mine = [
        (action, wildcards.flatten(place))
        for role, actions, places, _ in _allowed()
        if "TrainingRole" in role
        for action in actions
        if action.startswith("s3:")
        for place in places
    ]
    data = {_inside(place) for action, place in mine if "DataBucket" in place and "/" in place}

    assert data == {"/clean/*", "/runs/*"}
    assert {action for action, place in mine if "DataBucket" in place} == {"s3:GetObject", "s3:ListBucket"}


def _inside(place: str) -> str:
    """The part of an ARN behind the name of a bucket."""
    _bucket, slash, key = place.partition("/")
    return slash + key


def test_the_training_role_lists_nothing_but_what_it_reads() -> None:
    conditions = [
        condition
        for role, actions, places, condition in _allowed()
        if "TrainingRole" in role and "s3:ListBucket" in actions and "DataBucket" in json.dumps(places)
    ]

    assert conditions == [{"StringLike": {"s3:prefix": ["clean/*", "runs/*"]}}]


def test_only_the_scores_and_not_the_labels_are_within_reach_of_the_serving_role() -> None:
    data = {
        _inside(wildcards.flatten(place))
        for role, _, places, _ in _allowed()
        if "ServingRole" in role
        for place in places
        if "DataBucket" in json.dumps(place)
    }

    assert data == {"", "/evaluation/*/features/*", "/evaluation/*/candidate/*", "/evaluation/*/champion/*"}


def test_roles_are_only_handed_to_the_service_that_is_to_use_them() -> None:
    handed = [condition for _, actions, _, condition in _allowed() if "iam:PassRole" in actions]

    assert handed
    assert all(one == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}} for one in handed)
