"""References between stacks, and their strength: rules of ADR 11 over all templates."""

import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from app import build_app
from mlops_constructs.references import KEPT
from tests.synth import MODULES, ROOT, WITHOUT_BUNDLES, Assembly, assembly, new_folder
from tests.test_platform import STAGES

LOOKED_UP, HELD = "Fn::GetStackOutput", "Fn::ImportValue"
# 75 of them were throttled (aws-cdk#38010); how many are not is unknown, so there is much room.
MAXIMUM_LOOKUPS: Final = 20


@cache
def shipped() -> Assembly:
    """A stage with the models of the repository, which are more than the invented ones."""
    folder = new_folder() / "cdk.out"
    context = {"stage": "dev", **WITHOUT_BUNDLES}
    build_app(outdir=folder, context=context, build=folder.parent / "build", validate=False).synth()
    assert len(list((ROOT / "config" / "models").glob("*.toml"))) == 3
    return Assembly("dev", folder)


@pytest.mark.parametrize("stage", [*STAGES, "shipped"])
def test_a_stack_looks_each_value_up_once_and_few_of_them(stage: str) -> None:
    platform = shipped() if stage == "shipped" else assembly(stage)
    for module in MODULES:
        found = Counter(json.dumps(value, sort_keys=True) for value in _of(platform.template(module), LOOKED_UP))

        assert {value: count for value, count in found.items() if count > 1} == {}, module
        assert found.total() <= MAXIMUM_LOOKUPS, module


def test_more_models_look_up_no_more() -> None:
    def lookups(platform: Assembly) -> dict[str, int]:
        return {module: len(list(_of(platform.template(module), LOOKED_UP))) for module in MODULES}

    assert lookups(shipped()) == lookups(assembly("dev"))
    assert sum(lookups(shipped()).values()) > 0


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_what_is_never_replaced_is_held_and_what_comes_and_goes_is_looked_up(stage: str) -> None:
    platform = assembly(stage)
    kinds = {
        (strength, _behind(platform, value))
        for module in MODULES
        for strength in (LOOKED_UP, HELD)
        for value in _of(platform.template(module), strength)
    }
    held = {kind for strength, kind in kinds if strength == HELD}

    # The images of prod are kept, so that nobody there has to empty their repository.
    assert held == set(KEPT) - ({"AWS::ECR::Repository"} if stage == "prod" else set())
    assert kinds - {(HELD, kind) for kind in KEPT} == {
        (LOOKED_UP, "AWS::Lambda::Function"),
        (LOOKED_UP, "AWS::SQS::Queue"),
        (LOOKED_UP, "AWS::SageMaker::Domain"),
    }


def test_the_only_function_that_is_held_serves_the_custom_resource() -> None:
    functions = {
        output["Value"]["Fn::GetAtt"][0]
        for output in assembly("prod").template("lambda")["Outputs"].values()
        if "Export" in output and "Fn::GetAtt" in output["Value"]
    }
    [teardown] = assembly("prod").resources("Custom::Teardown")

    assert len(functions) == 1
    assert functions.pop() in teardown.properties["ServiceToken"][HELD]


@pytest.mark.parametrize("stage", STAGES)
def test_exports_stand_whether_they_are_used_or_not(stage: str) -> None:
    """Otherwise the last user of one could not stop: its producer is updated first, and may not drop it yet."""
    owners = {"network", "storage", "iam"}
    wanted = {
        (resource.module, json.dumps(value))
        for resource in assembly(stage).resources(modules=sorted(owners))
        if resource.type in KEPT and not _private(resource.logical_id)
        for value in _values(resource.logical_id, resource.type)
    }
    exported = {
        (module, json.dumps(output["Value"]))
        for module in owners
        for output in assembly(stage).template(module)["Outputs"].values()
        if "Export" in output
    }

    assert exported == wanted


def _private(logical_id: str) -> bool:
    """Used by its own stack alone: the way out of the VPC, and the writer of its log."""
    return "publicSubnet" in logical_id or "FlowLogs" in logical_id


def _values(logical_id: str, kind: str) -> Iterator[dict[str, Any]]:
    for attribute in KEPT[kind].attributes:
        yield {"Ref": logical_id} if attribute == "Ref" else {"Fn::GetAtt": [logical_id, attribute]}


@pytest.mark.parametrize("stage", STAGES)
def test_nothing_is_held_that_nobody_exports(stage: str) -> None:
    platform = assembly(stage)
    for module in MODULES:
        for export in _of(platform.template(module), HELD):
            assert _behind(platform, export) in KEPT


def _behind(platform: Assembly, reference: Any) -> str:
    """The kind of the resource that a reference leads to in the end."""
    if isinstance(reference, str):
        stack, _, name = reference.partition(":")
    else:
        stack, name = reference["StackName"], reference["OutputName"]
    template = platform.template(stack.removeprefix(f"{platform.name}-{platform.stage}-"))
    value = template["Outputs"][name]["Value"]
    if HELD in value:
        return _behind(platform, value[HELD])
    logical_id = value["Ref"] if "Ref" in value else value["Fn::GetAtt"][0]
    return template["Resources"][logical_id]["Type"]


def _of(value: Any, function: str) -> Iterator[Any]:
    """The argument of every occurrence of an intrinsic function."""
    if isinstance(value, dict):
        if function in value:
            yield value[function]
        for inner in value.values():
            yield from _of(inner, function)
    elif isinstance(value, list):
        for inner in value:
            yield from _of(inner, function)


def test_no_weak_reference_feeds_a_property_that_cannot_change_without_a_replacement() -> None:
    found = [
        (resource.logical_id, pointer)
        for resource in assembly("prod").resources()
        for pointer in _create_only(resource.type)
        for value in _at(resource.properties, pointer.split("/")[2:])
        if "Fn::GetStackOutput" in json.dumps(value)
    ]

    assert found == []


def _create_only(resource_type: str) -> list[str]:
    if resource_type.startswith("Custom::"):
        return []
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", resource_type).schema
    return [*schema.get("createOnlyProperties", []), *schema.get("conditionalCreateOnlyProperties", [])]


def _at(value: Any, path: list[str]) -> Iterator[Any]:
    if not path:
        yield value
    elif isinstance(value, list):
        for inner in value:
            yield from _at(inner, path[1:] if path[0] == "*" else path)
    elif isinstance(value, dict) and path[0] in value:
        yield from _at(value[path[0]], path[1:])
