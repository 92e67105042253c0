"""The actors, and the organisation's say over them. What it says elsewhere stands in tests/test_variants.py."""

from stacks.iam_stack import FUNCTIONS
from tests.synth import ROOT, assembly


def test_the_stack_holds_roles_and_one_right_that_glue_uses_while_it_makes_a_crawler() -> None:
    """terraform-provider-aws#50018: CreateCrawler fails when the right was given only seconds before."""
    policies = {"AWS::IAM::Role": [], "AWS::IAM::Policy": []}
    for resource in assembly("prod").resources(modules=["iam"]):
        policies[resource.type].append(resource)
    [early] = policies["AWS::IAM::Policy"]

    assert [role["Ref"][:-8] for role in early.properties["Roles"]] == ["CrawlerRole", "EtlJobRole"]
    assert early.properties["PolicyDocument"]["Statement"] == [
        {"Action": "glue:GetSecurityConfiguration", "Effect": "Allow", "Resource": "*"}
    ]
    assert not [role for role in policies["AWS::IAM::Role"] if "Policies" in role.properties]


def test_there_is_one_role_for_every_function_but_the_notifier_whose_stack_has_no_arrow_from_here() -> None:
    functions = {path.parent.name for path in (ROOT / "lambda_src").glob("*/handler.py")}

    assert set(FUNCTIONS) == functions - {"notifier"}


def test_without_a_boundary_no_role_has_one_and_without_a_prefix_no_role_has_a_name() -> None:
    named = {"PermissionsBoundary", "RoleName"}

    assert not [role for role in assembly("prod").resources("AWS::IAM::Role") if named & set(role.properties)]
