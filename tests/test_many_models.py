"""A hundred models in one stage: what grows with them, and what does not."""

import json
import warnings
from functools import cache
from typing import Any

import pytest

from app import build_app
from benchmarks.synthesis import copies_of_a_model
from config.template_limits import measure
from mlops_constructs.wildcards import flatten
from tests.synth import MODELS, MODULES, WITHOUT_BUNDLES, Assembly, new_folder

MANY = 100
# Of the bytes a half of what CloudFormation takes, so that a team sees the limit coming.
MOST = {"bytes": 500_000, "resources": 500, "outputs": 200}
BYTES_PER_MODEL = 1_024
# IAM takes 10,240 characters of a role's inline policies.
MOST_CHARACTERS_OF_POLICIES = 6_000
LOOKED_UP = "Fn::GetStackOutput"


@cache
def platform(models: int) -> Assembly:
    """The stage dev with so many models."""
    folder = new_folder()
    app = build_app(
        outdir=folder / "cdk.out",
        context={"stage": "dev", **WITHOUT_BUNDLES},
        models=copies_of_a_model(MODELS / "churn.toml", folder / "models", models),
        build=folder / "build",
        validate=False,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        app.synth()
    return Assembly("dev", folder / "cdk.out")


@pytest.mark.parametrize("what", MOST)
def test_no_template_comes_near_a_limit_of_cloudformation(what: str) -> None:
    sizes = {stack: found[what] for stack, found in measure(platform(MANY).folder).items()}
    assert {stack: size for stack, size in sizes.items() if size > MOST[what]} == {}


def test_the_machines_do_not_grow_and_their_stack_by_little() -> None:
    one, many = (measure(platform(count).folder)["mlops-dev-step-functions"]["bytes"] for count in (1, MANY))
    machines = [
        [each.properties["DefinitionString"] for each in platform(count).resources("AWS::StepFunctions::StateMachine")]
        for count in (1, MANY)
    ]

    assert many - one <= BYTES_PER_MODEL * (MANY - 1)
    assert machines[0] == machines[1]


def test_a_further_model_changes_no_policy() -> None:
    one, many = (platform(count).resources("AWS::IAM::Policy", "AWS::IAM::Role") for count in (1, MANY))
    assert one == many


def test_the_inline_policies_of_every_role_fit() -> None:
    """IAM counts the characters of a role's inline policies, spaces aside."""
    written: dict[str, int] = {}
    for policy in platform(MANY).resources("AWS::IAM::Policy"):
        for role in policy.properties["Roles"]:
            name = flatten(role)
            written[name] = written.get(name, 0) + len(_text(policy.properties["PolicyDocument"]))
    assert {role: size for role, size in written.items() if size > MOST_CHARACTERS_OF_POLICIES} == {}


@pytest.mark.parametrize("module", MODULES)
def test_no_stack_looks_up_more_for_more_models(module: str) -> None:
    one, many = (json.dumps(platform(count).template(module)).count(LOOKED_UP) for count in (1, MANY))
    assert one == many


def test_a_definition_names_each_value_of_the_template_once() -> None:
    for machine in platform(1).resources("AWS::StepFunctions::StateMachine"):
        references = [json.dumps(each) for each in _references(machine.properties["DefinitionSubstitutions"])]
        assert isinstance(machine.properties["DefinitionString"], str)
        assert len(references) == len(set(references))


def test_parameter_store_is_asked_for_a_few_writes_at_a_time() -> None:
    """Its quota is a few a second, and CloudFormation makes at once whatever depends on nothing."""
    waits = [each.depends_on for each in platform(MANY).resources("AWS::SSM::Parameter") if "Name" in each.properties]
    assert len(waits) == MANY
    assert len([one for one in waits if not one]) == 3


def _text(value: Any) -> str:
    """The document with values in the place of references: of a usual length, or of the longest that ours have."""
    if isinstance(value, list):
        return f"[{','.join(map(_text, value))}]"
    if isinstance(value, dict) and all(key.startswith("Fn::") or key == "Ref" for key in value):
        text = flatten(value).replace("<AWS::Partition>", "aws").replace("<AWS::AccountId>", "1" * 12)
        return json.dumps(text.replace("<AWS::Region>", "ap-southeast-2"))
    if isinstance(value, dict):
        return "{" + ",".join(f'"{key}":{_text(each)}' for key, each in value.items()) + "}"
    return json.dumps(value)


def _references(value: Any) -> list[Any]:
    if isinstance(value, list):
        return [found for each in value for found in _references(each)]
    if isinstance(value, dict):
        if set(value) & {"Ref", "Fn::GetAtt", "Fn::FindInMap", "Fn::ImportValue", LOOKED_UP}:
            return [value]
        return [found for each in value.values() for found in _references(each)]
    return []
