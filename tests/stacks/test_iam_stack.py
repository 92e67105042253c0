"""The actors, and the organisation's say over them."""

import aws_cdk as cdk
from aws_cdk.assertions import Template

from config.settings import IamConfig
from stacks.iam_stack import FUNCTIONS, IamStack
from tests.synth import ROOT, assembly


def _template(config: IamConfig) -> Template:
    return Template.from_stack(IamStack(cdk.App(builtin_cloud_formation_validation=False), "iam", config=config))


def test_the_stack_holds_roles_and_nothing_else() -> None:
    assert {resource.type for resource in assembly("prod").resources(modules=["iam"])} == {"AWS::IAM::Role"}


def test_there_is_one_role_for_every_function_but_the_notifier_whose_stack_has_no_arrow_from_here() -> None:
    functions = {path.parent.name for path in (ROOT / "lambda_src").glob("*/handler.py")}

    assert set(FUNCTIONS) == functions - {"notifier"}


def test_without_a_boundary_no_role_has_one() -> None:
    roles = _template(IamConfig()).find_resources("AWS::IAM::Role")

    assert not [name for name, role in roles.items() if "PermissionsBoundary" in role["Properties"]]


def test_with_a_boundary_every_role_has_it() -> None:
    roles = _template(IamConfig(permissions_boundary="no-admins")).find_resources("AWS::IAM::Role")
    boundaries = [str(role["Properties"].get("PermissionsBoundary")) for role in roles.values()]

    assert len(boundaries) == len(FUNCTIONS) + 7
    assert all(":policy/no-admins" in boundary for boundary in boundaries)
