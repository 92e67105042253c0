"""The actors, and the organisation's say over them. What it says elsewhere stands in tests/test_variants.py."""

from stacks.iam_stack import FUNCTIONS
from tests.synth import ROOT, assembly


def test_the_stack_holds_roles_and_nothing_else() -> None:
    assert {resource.type for resource in assembly("prod").resources(modules=["iam"])} == {"AWS::IAM::Role"}


def test_there_is_one_role_for_every_function_but_the_notifier_whose_stack_has_no_arrow_from_here() -> None:
    functions = {path.parent.name for path in (ROOT / "lambda_src").glob("*/handler.py")}

    assert set(FUNCTIONS) == functions - {"notifier"}


def test_without_a_boundary_no_role_has_one_and_without_a_prefix_no_role_has_a_name() -> None:
    named = {"PermissionsBoundary", "RoleName"}

    assert not [role for role in assembly("prod").resources("AWS::IAM::Role") if named & set(role.properties)]
