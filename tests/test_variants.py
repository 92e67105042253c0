"""Settings that organisations ask for: each variant passes every judge, keeps its arrows and means what it says."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import aws_cdk as cdk
import pytest
from cdk_nag import AwsSolutionsChecks

from app import build_app
from config.environments import PROD
from config.settings import (
    ExistingVpc,
    IamConfig,
    MonitoringConfig,
    NetworkConfig,
    PlatformConfig,
    SageMakerConfig,
)
from config.settings_rules import MAXIMUM_PREFIX_LENGTH
from mlops_constructs import wildcards
from tests.synth import MODELS, MODULES, WITHOUT_BUNDLES, Assembly, new_folder
from tests.test_platform import ARROWS, arrows_of

SUBNETS: Final = ("subnet-0aaaaaaaaaaaaaaaa", "subnet-0bbbbbbbbbbbbbbbb")
VPC: Final = "vpc-0123456789abcdef0"
# A platform inside the rules of an organisation: its VPC, its names, its boundary, its tags.
GUEST: Final = PlatformConfig(
    stage="guest",
    name="acmescore",
    network=NetworkConfig(
        interface_endpoints=True,
        existing_vpc=ExistingVpc(
            vpc_id=VPC, private_subnet_ids=SUBNETS, availability_zones=("eu-west-1a", "eu-west-1b")
        ),
    ),
    iam=IamConfig(permissions_boundary="team/no-admins", role_prefix="acme-app-platform-ml-2026."),
    step_functions=PROD.step_functions,
    monitoring=MonitoringConfig(alarm_emails=("ann@example.com",), monthly_budget_usd=500),
    tags={"cost-center": "4711"},
)
# A platform without internet, in three zones, and nothing that costs by the hour beyond its doors to AWS.
CLOSED: Final = PlatformConfig(
    stage="closed",
    network=NetworkConfig(nat_gateways=0, interface_endpoints=True, availability_zones=3),
    iam=IamConfig(permissions_boundary="no-admins"),
    sagemaker=SageMakerConfig(studio=False),
)
VARIANTS: Final = {"guest": GUEST, "closed": CLOSED}


@cache
def variant(stage: str) -> Assembly:
    """Judged while it is synthesized: by the library's own validator, by ours, and by cdk-nag."""
    folder, config = new_folder() / "cdk.out", VARIANTS[stage]
    app = build_app(config, outdir=folder, context=WITHOUT_BUNDLES, models=MODELS, build=folder.parent / "build")
    cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    app.synth()
    return Assembly(stage, folder, config.name)


@pytest.mark.parametrize("stage", VARIANTS)
def test_stacks_depend_as_designed(stage: str) -> None:
    assert arrows_of(variant(stage)) == ARROWS


@pytest.mark.parametrize("stage", VARIANTS)
def test_every_judge_is_content(stage: str) -> None:
    report = json.loads((variant(stage).folder / "validation-report.json").read_text())
    templates = [str(path) for path in sorted(variant(stage).folder.glob("*.template.json"))]
    linter = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run([str(linter), *templates], capture_output=True, text=True, check=False)

    assert len(templates) == len(MODULES)
    assert (done.returncode, done.stdout) == (0, "")
    assert report["pluginReports"] == []


def test_an_existing_vpc_is_moved_into_and_nothing_is_built_around_it() -> None:
    types = {resource.type for resource in variant("guest").resources(modules=["network"])}
    groups = variant("guest").resources("AWS::EC2::SecurityGroup")

    assert types == {
        "AWS::EC2::SecurityGroup",
        "AWS::EC2::SecurityGroupIngress",
        "AWS::EC2::SecurityGroupEgress",
        "AWS::EC2::VPCEndpoint",
    }
    assert {group.properties["VpcId"] for group in groups} == {VPC}


def test_functions_studio_and_jobs_stand_in_the_subnets_of_the_existing_vpc() -> None:
    inside = [
        function.properties["VpcConfig"]["SubnetIds"]
        for function in variant("guest").resources("AWS::Lambda::Function")
        if "VpcConfig" in function.properties
    ]
    [domain] = variant("guest").resources("AWS::SageMaker::Domain")
    outputs = variant("guest").template("sagemaker")["Outputs"]

    assert len(inside) == 4
    assert all(subnets == list(SUBNETS) for subnets in inside)
    assert (domain.properties["VpcId"], domain.properties["SubnetIds"]) == (VPC, list(SUBNETS))
    assert tuple(outputs[f"JobSubnetId{number}"]["Value"] for number in (1, 2)) == SUBNETS


@pytest.mark.parametrize(
    ("stage", "modules"), [("guest", {"iam", "monitoring"}), ("closed", {"iam", "monitoring", "network"})]
)
def test_the_boundary_holds_every_role_of_every_stack(stage: str, modules: set[str]) -> None:
    roles = variant(stage).resources("AWS::IAM::Role")
    boundaries = [json.dumps(role.properties.get("PermissionsBoundary")) for role in roles]

    assert {role.module for role in roles} == modules
    assert all(f":policy/{VARIANTS[stage].iam.permissions_boundary}" in boundary for boundary in boundaries)


def test_roles_have_names_only_where_the_organisation_demands_them() -> None:
    assert not [role for role in variant("closed").resources("AWS::IAM::Role") if "RoleName" in role.properties]


def test_every_role_is_named_as_the_organisation_demands_and_the_longest_name_fits_exactly() -> None:
    names = [role.properties["RoleName"] for role in variant("guest").resources("AWS::IAM::Role")]

    assert len(set(names)) == len(names)
    assert all(name.startswith(f"{GUEST.iam.role_prefix}acmescore-guest-") for name in names)
    assert max(map(len, names)) == 64


def test_another_name_is_another_role_for_those_who_use_it() -> None:
    """A role that CloudFormation replaced in its place would be refused by those who hold its name."""
    assert all(role.logical_id.startswith("acme") for role in variant("guest").resources("AWS::IAM::Role"))
    functions = json.dumps(variant("guest").template("lambda"))
    handed_on = set(re.findall(r'"Fn::ImportValue": "([^"]*Role[^"]*)"', functions))
    assert handed_on
    assert all("OutputRefacme" in export for export in handed_on)


def test_roles_are_handed_to_sagemaker_by_the_very_names_they_have() -> None:
    passed = [place for actions, place in _allowed("guest") if "iam:PassRole" in actions]
    outputs = variant("guest").template("iam")["Outputs"]

    assert passed
    for place in passed:
        [name] = re.findall(r'"Fn::ImportValue": ?"([^":]+:[^"]+)"', json.dumps(place))
        role = variant("guest").template("iam")["Resources"][outputs[name.partition(":")[2]]["Value"]["Ref"]]
        assert role["Properties"]["RoleName"].endswith(("-Training", "-Serving"))


def _allowed(stage: str) -> Iterator[tuple[list[str], Any]]:
    for policy in variant(stage).resources("AWS::IAM::Policy"):
        for statement in policy.properties["PolicyDocument"]["Statement"]:
            actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
            places = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
            yield from ((actions, place) for place in places)


def test_the_name_of_the_platform_begins_every_name_and_every_open_end() -> None:
    assert len(GUEST.prefix) == MAXIMUM_PREFIX_LENGTH
    texts = [json.dumps(variant("guest").template(module)) for module in MODULES]
    open_ends = [
        wildcards.flatten(place)
        for _, place in _allowed("guest")
        if re.search(r":(sagemaker|states|events|cloudwatch):", wildcards.flatten(place))
    ]
    strangers = [
        place
        for place in open_ends
        if place.endswith("-*") and not re.search(r"[/:](TargetTracking-endpoint/)?acmescore-guest-", place)
    ]

    assert not [text for text in texts if "mlops-" in text or "mlops_" in text]
    assert len(open_ends) > 20
    assert strangers == []


def test_tags_reach_what_can_be_tagged() -> None:
    [table] = variant("guest").resources("AWS::DynamoDB::GlobalTable", "AWS::DynamoDB::Table")
    tags = table.properties.get("Tags") or table.properties["Replicas"][0]["Tags"]

    assert {"Key": "cost-center", "Value": "4711"} in tags
    assert {"Key": "platform", "Value": "acmescore-guest"} in tags


def test_without_a_nat_gateway_nothing_leads_to_the_internet() -> None:
    ways_out = ("AWS::EC2::NatGateway", "AWS::EC2::InternetGateway", "AWS::EC2::EIP", "AWS::EC2::Route")
    subnets = variant("closed").resources("AWS::EC2::Subnet")

    assert not variant("closed").resources(*ways_out)
    assert len(subnets) == 3
    assert {str(subnet.properties["AvailabilityZone"]) for subnet in subnets} == {
        str({"Fn::Select": [number, {"Fn::GetAZs": ""}]}) for number in range(3)
    }


def test_private_subnets_keep_their_addresses_when_the_nat_gateway_goes() -> None:
    own = [subnet.properties["CidrBlock"] for subnet in variant("closed").resources("AWS::EC2::Subnet")]

    assert own == ["10.0.16.0/20", "10.0.32.0/20", "10.0.48.0/20"]


def test_every_service_that_is_called_from_the_closed_vpc_has_a_door() -> None:
    endpoints = variant("closed").resources("AWS::EC2::VPCEndpoint")
    doors = {_service(endpoint.properties["ServiceName"]) for endpoint in endpoints}

    assert doors >= {"s3", "dynamodb", "sagemaker.api", "sagemaker.runtime", "states", "sns", "sqs", "glue"}
    assert doors >= {"kms", "logs", "monitoring", "sts"}
    # Lambda itself writes logs, sends traces and attaches interfaces.
    assert _called_from_inside() <= doors | {"logs", "xray", "ec2"}
    assert _called_from_inside() >= {"s3", "dynamodb", "kms"}


def _service(name: Any) -> str:
    """The last words of com.amazonaws.<region>.<service>."""
    text = name if isinstance(name, str) else "".join(part for part in name["Fn::Join"][1] if isinstance(part, str))
    return text.removeprefix("com.amazonaws.").strip(".")


def _called_from_inside() -> set[str]:
    """The services that the roles of functions in the VPC have permissions for."""
    functions = variant("closed").resources("AWS::Lambda::Function")
    roles = [json.dumps(one.properties["Role"]) for one in functions if "VpcConfig" in one.properties]
    return {
        action.partition(":")[0]
        for policy in variant("closed").resources("AWS::IAM::Policy", modules=["lambda"])
        if any(json.dumps(role) in used for role in policy.properties["Roles"] for used in roles)
        for statement in policy.properties["PolicyDocument"]["Statement"]
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }


@pytest.mark.parametrize("stage", VARIANTS)
def test_doors_open_to_our_own_groups_and_to_nobody_else(stage: str) -> None:
    doors = [
        endpoint
        for endpoint in variant(stage).resources("AWS::EC2::VPCEndpoint")
        if endpoint.properties["VpcEndpointType"] == "Interface"
    ]
    [group] = {json.dumps(endpoint.properties["SecurityGroupIds"]) for endpoint in doors}
    ingress = [
        rule.properties
        for rule in variant(stage).resources("AWS::EC2::SecurityGroupIngress")
        if json.dumps(rule.properties["GroupId"]) in group
    ]

    assert len(doors) == 11
    assert all(endpoint.properties["PrivateDnsEnabled"] for endpoint in doors)
    assert len(ingress) == 2
    assert all((rule["FromPort"], rule["ToPort"]) == (443, 443) for rule in ingress)
    assert all("SourceSecurityGroupId" in rule and "CidrIp" not in rule for rule in ingress)


def test_the_doors_to_s3_and_dynamodb_let_everything_through_the_bucket_of_assets_included() -> None:
    gateways = [
        endpoint
        for endpoint in variant("closed").resources("AWS::EC2::VPCEndpoint")
        if endpoint.properties["VpcEndpointType"] == "Gateway"
    ]

    assert len(gateways) == 2
    assert not [endpoint for endpoint in gateways if "PolicyDocument" in endpoint.properties]


def test_without_studio_there_is_no_domain_and_nobody_looks_for_one() -> None:
    templates = [json.dumps(variant("closed").template(module)) for module in MODULES]

    assert not variant("closed").resources("AWS::SageMaker::Domain", "AWS::SageMaker::UserProfile")
    assert not [text for text in templates if "Domain" in text]
