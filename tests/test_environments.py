"""The rehearsed environments are prod in all but a list of values. The lists are here, all of them."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from mlops_constructs.workflow.substitutions import as_joined
from tests.synth import MODULES, assembly

Path = tuple[str, ...]
# This machine runs the functions. The first two are the same on a machine that is like AWS's.
OF_THE_HOST = {"AWS::Lambda::Function.Architectures", "AWS::Lambda::Function.Runtime"}
OF_THE_DRILL = {*OF_THE_HOST, "AWS::Lambda::Function.Code.S3Key"}
# Where a value of the rehearsal's templates differs from prod's, without the numbers of list items.
OF_THE_REHEARSAL = {
    *OF_THE_DRILL,
    # Prod keeps everything, and for longer.
    "AWS::Logs::LogGroup.RetentionInDays",
    "AWS::S3::Bucket.LifecycleConfiguration.Rules.ExpirationInDays",
    "AWS::S3::Bucket.LifecycleConfiguration.Rules.NoncurrentVersionExpiration.NoncurrentDays",
    "AWS::DynamoDB::Table.DeletionProtectionEnabled",
    "AWS::DynamoDB::Table/DeletionPolicy",
    "AWS::DynamoDB::Table/UpdateReplacePolicy",
    "AWS::ECR::Repository/DeletionPolicy",
    "AWS::ECR::Repository/UpdateReplacePolicy",
    "AWS::KMS::Key/DeletionPolicy",
    "AWS::KMS::Key/UpdateReplacePolicy",
    "AWS::S3::Bucket/DeletionPolicy",
    "AWS::S3::Bucket/UpdateReplacePolicy",
    "AWS::S3::BucketPolicy/DeletionPolicy",
    "AWS::S3::BucketPolicy/UpdateReplacePolicy",
    "AWS::SageMaker::Domain/DeletionPolicy",
    "AWS::SageMaker::Domain/UpdateReplacePolicy",
    "AWS::SageMaker::ModelPackageGroup/DeletionPolicy",
    "AWS::SageMaker::ModelPackageGroup/UpdateReplacePolicy",
    # So its teardown removes less, and may remove less.
    "Custom::Teardown.BucketNames",
    "Custom::Teardown.LogBucketName.Fn::ImportValue",
    "Custom::Teardown.RepositoryNames",
    "Custom::Teardown.DeleteRegistry",
    "Custom::Teardown.KeepHomes",
    "AWS::IAM::Policy.PolicyDocument.Statement",
    # Two instances under a canary, which a person lets in, and is told of.
    "AWS::StepFunctions::StateMachine.DefinitionString",
    "AWS::SSM::Parameter.Value",
    "AWS::Events::Rule.State",
}


def _normal(stage: str, module: str) -> dict[str, Any]:
    """The resources, without what only says that the stage has another name."""
    text = json.dumps(assembly(stage).template(module)["Resources"]).replace(f"mlops-{stage}", "mlops-stage")
    for before in (f"mlops_{stage}", f"mlops{stage}"):
        text = text.replace(before, "mlopsstage")
    # Names that CDK makes end in a hash of the stack's name.
    text = re.sub(r"(mlopsstage[A-Za-z]+)[0-9A-F]{8}\b", r"\1", text)
    return json.loads(re.sub(rf'"{stage}"', '"stage"', text))


def _values(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _values(inner, (*path, key))
    elif isinstance(value, list) and value:
        for number, inner in enumerate(value):
            yield from _values(inner, (*path, str(number)))
    else:
        yield path, value


def _differences(stage: str, module: str) -> Iterator[str]:
    local, prod = _normal(stage, module), _normal("prod", module)
    for logical_id in set(local) & set(prod):
        mine, theirs = dict(_values(local[logical_id])), dict(_values(prod[logical_id]))
        for path in set(mine) | set(theirs):
            if mine.get(path) != theirs.get(path) or (path in mine) != (path in theirs):
                yield _name(local[logical_id]["Type"], path)


def _name(resource_type: str, path: Path) -> str:
    """Type and property; deeper than what the list above distinguishes, paths are cut."""
    if path[0] != "Properties":
        return f"{resource_type}/{path[0]}"
    words = [word for word in path[1:] if not word.isdigit()]
    name = f"{resource_type}.{'.'.join(words)}"
    return next((known for known in OF_THE_REHEARSAL if name == known or name.startswith(f"{known}.")), name)


@pytest.mark.parametrize(("stage", "expected"), [("rehearsal", OF_THE_REHEARSAL), ("drill", OF_THE_DRILL)])
def test_a_stage_of_this_machine_differs_from_prod_in_these_values_and_no_other(stage: str, expected: set[str]) -> None:
    found = {name for module in MODULES for name in _differences(stage, module)}

    assert found - OF_THE_HOST == expected - OF_THE_HOST


@pytest.mark.parametrize("stage", ["rehearsal", "drill"])
def test_a_stage_of_this_machine_has_exactly_the_resources_of_prod(stage: str) -> None:
    def count(stage: str) -> dict[str, int]:
        types = [resource["Type"] for module in MODULES for resource in _normal(stage, module).values()]
        return {name: types.count(name) for name in sorted(set(types))}

    assert count(stage) == count("prod")


def test_waits_retries_and_timeouts_are_the_same_everywhere() -> None:
    def times(stage: str) -> list[tuple[str, Any]]:
        machines = assembly(stage).resources("AWS::StepFunctions::StateMachine")
        text = json.dumps([as_joined(machine.properties) for machine in machines])
        return re.findall(r'\\"(TimeoutSeconds|Seconds|IntervalSeconds|MaxAttempts|BackoffRate)\\":([0-9.]+)', text)

    assert len(times("prod")) > 50
    assert times("rehearsal") == times("drill") == times("prod")
