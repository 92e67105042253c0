"""Refusals recorded on AWS: the emulator has the same words, and has them before a stack exists."""

from __future__ import annotations

import json
import os
import tomllib
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.emulator.cloudformation import template_checks
from rehearsal.emulator.cloudformation.template_resolution import check_active
from rehearsal.emulator.cloudformation.template_shape import TemplateRefused
from tests.emulator.conftest import ROOT, Emulator
from tests.emulator.stacks import resource

RECORDED = ROOT / "tests" / "conformance" / "recorded" / "cloudformation.toml"
ROWS: list[dict[str, Any]] = tomllib.loads(RECORDED.read_text())["refusal"]


@pytest.mark.parametrize("row", ROWS, ids=[row.get("recording") or row["issue"] for row in ROWS])
@pytest.mark.parametrize("operation", ["create_stack", "create_change_set"])
def test_what_aws_refused_is_refused_in_the_same_words(emulator: Emulator, row: dict[str, Any], operation: str) -> None:
    cloudformation, name = emulator.client("cloudformation"), f"refused-{os.urandom(4).hex()}"
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in row.get("parameters", {}).items()]
    more = {"ChangeSetName": "first", "ChangeSetType": "CREATE"} if operation == "create_change_set" else {}
    with pytest.raises(ClientError) as refusal:
        getattr(cloudformation, operation)(StackName=name, TemplateBody=row["template"], Parameters=given, **more)
    assert refusal.value.response["Error"] == {
        **refusal.value.response["Error"],
        "Code": "ValidationError",
        "Message": row["message"],
    }
    with pytest.raises(ClientError, match="does not exist"):
        cloudformation.describe_stacks(StackName=name)


# References that lead nowhere in every place that may hold one. The kinds of messages have their sources in the table
# above; these rows say that no place is forgotten.
NOPE: list[tuple[str, dict[str, Any]]] = [
    ("Ref in a list", {"Resources": {"A": resource("AWS::SNS::Topic", Tags=[{"Key": "k", "Value": {"Ref": "Nope"}}])}}),
    ("Ref of a pseudo parameter", {"Resources": {"A": resource("AWS::SNS::Topic", TopicName={"Ref": "AWS::Nope"})}}),
    ("Sub", {"Resources": {"A": resource("AWS::SNS::Topic", TopicName={"Fn::Sub": "x-${Nope}"})}}),
    ("Sub with an attribute", {"Resources": {"A": resource("AWS::SNS::Topic", TopicName={"Fn::Sub": "${Nope.Arn}"})}}),
    (
        "value of a Sub",
        {"Resources": {"A": resource("AWS::SNS::Topic", TopicName={"Fn::Sub": ["${x}", {"x": {"Ref": "Nope"}}]})}},
    ),
    ("GetAtt", {"Resources": {"A": resource("AWS::SNS::Topic", TopicName={"Fn::GetAtt": "Nope.Arn"})}}),
    (
        "branch that is not taken",
        {
            "Conditions": {"No": {"Fn::Equals": ["a", "b"]}},
            "Resources": {"A": resource("AWS::SNS::Topic", TopicName={"Fn::If": ["No", {"Ref": "Nope"}, "x"]})},
        },
    ),
    ("metadata", {"Resources": {"A": {"Type": "AWS::SNS::Topic", "Metadata": {"m": {"Ref": "Nope"}}}}}),
    ("output", {"Resources": {"A": resource("AWS::SNS::Topic")}, "Outputs": {"O": {"Value": {"Ref": "Nope"}}}}),
    (
        "name of an export",
        {
            "Resources": {"A": resource("AWS::SNS::Topic")},
            "Outputs": {"O": {"Value": "x", "Export": {"Name": {"Ref": "Nope"}}}},
        },
    ),
    (
        "condition of an output",
        {"Resources": {"A": resource("AWS::SNS::Topic")}, "Outputs": {"O": {"Value": "x", "Condition": "Nope"}}},
    ),
    (
        "condition in a condition",
        {"Conditions": {"C": {"Fn::Not": [{"Condition": "Nope"}]}}, "Resources": {"A": resource("AWS::SNS::Topic")}},
    ),
    ("unknown policy", {"Resources": {"A": {"Type": "AWS::SNS::Topic", "DeletionPolicy": "Nope"}}}),
]


@pytest.mark.parametrize("template", [template for _place, template in NOPE], ids=[place for place, _template in NOPE])
def test_a_reference_that_leads_nowhere_is_refused_in_every_place(template: dict[str, Any]) -> None:
    with pytest.raises(TemplateRefused, match="Nope"):
        template_checks.check_template(template)


def test_conditions_that_wait_for_each_other_are_refused() -> None:
    conditions = {"One": {"Fn::Not": [{"Condition": "Two"}]}, "Two": {"Fn::Not": [{"Condition": "One"}]}}
    template = {"Conditions": conditions, "Resources": {"A": resource("AWS::SNS::Topic")}}
    with pytest.raises(TemplateRefused, match="circular condition dependency between One and Two"):
        template_checks.check_template(template)


def test_a_resource_that_refers_to_itself_is_a_circle() -> None:
    template = {"Resources": {"A": resource("AWS::SNS::Topic", TopicName={"Fn::GetAtt": ["A", "TopicName"]})}}
    with pytest.raises(TemplateRefused, match=r"Circular dependency between resources: \[A\]"):
        check_active(template, None)


def test_a_literal_of_a_sub_and_a_branch_not_taken_refer_to_nothing() -> None:
    properties = {"TopicName": {"Fn::If": ["Yes", {"Fn::Sub": "${!aws:username}-${AWS::Region}"}, {"Ref": "Gone"}]}}
    template = {
        "Conditions": {"Yes": {"Fn::Equals": ["a", "a"]}, "No": {"Fn::Not": [{"Condition": "Yes"}]}},
        "Resources": {
            "A": resource("AWS::SNS::Topic", **properties),
            "Gone": {"Type": "AWS::SNS::Topic", "Condition": "No"},
        },
    }
    template_checks.check_template(template)
    check_active(template, {"Yes": True, "No": False})


def test_the_shipped_templates_pass() -> None:
    """The rows above would prove little if everything were refused."""
    for path in sorted((ROOT / "tests" / "snapshots").rglob("*.json")):
        template = json.loads(path.read_text())
        if "Resources" in template:
            template_checks.check_template(template)
            check_active(template, None)
