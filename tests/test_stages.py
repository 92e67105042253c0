"""Two stages share an account: no name twice, and no permission of one on what is the other's."""

import json
import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from tests.synth import Resource, assembly

PAIRS = [("rehearsal", "drill"), ("drill", "rehearsal"), ("dev", "prod"), ("prod", "dev")]
# What all stages of an account share, or what the service names at random and a condition guards.
SHARED = {
    r":log-group:/aws/sagemaker/(TrainingJobs|TransformJobs|studio)": "SageMaker's own log groups",
    r":log-group:/aws-glue/": "Glue's own log groups",
    r":application-autoscaling:.*:scalable-target/": "random names; a condition holds it to SageMaker",
    r":lambda:.*:event-source-mapping:": "random names; a condition holds it to functions of the stage",
    r":ec2:.*:security-group/": "random names; a condition holds it to the domain's tag",
    r":events:.*:rule/StepFunctionsGetEventsForSageMaker": "the two rules of Step Functions itself",
    r":iam::.*:role/aws-service-role/": "one role of the service in an account",
    r":glue:.*:catalog$": "one catalogue in an account; databases in it are named by stage",
    r":ecr:.*:repository/sagemaker-xgboost$": "AWS's own image",
    r":s3:::cdk-hnb659fds-assets-": "the bootstrap bucket; each file is named by its content",
}

# The name of a Glue database may be changed by the schema, and yet there is only one of that name.
UNLISTED = ("/properties/DatabaseInput/Name",)
# A profile's name is unique in its domain, no further.
INSIDE_ANOTHER = ("/properties/UserProfileName",)


def _text(stage: str, module: str, value: Any) -> str:
    """An ARN or a name with what only this stage's resources can stand for spelled out."""
    match value:
        case str():
            return re.sub(r"\$\{AWS::(\w+)\}", lambda found: f"<{found[1]}>", value)
        case {"Fn::Join": [separator, items]}:
            return separator.join(_text(stage, module, item) for item in items)
        case {"Fn::Sub": str(text)}:
            return _text(stage, module, text)
        case {"Ref": str(name)} if name.startswith("AWS::"):
            return f"<{name.removeprefix('AWS::')}>"
        case {"Ref": name} | {"Fn::GetAtt": [name, _]}:
            return f"<{stage}/{module}/{name}>"
        case {"Fn::GetStackOutput": {"StackName": stack, "OutputName": output}}:
            return f"<{stack}/{output}>"
        case {"Fn::ImportValue": str(export)}:
            return f"<{export}>"
        case {"Fn::FindInMap": _}:
            return "<of the region>"
        case _:
            raise AssertionError(f"teach this test to read {json.dumps(value)}")


def _patterns(stage: str) -> Iterator[str]:
    """Every resource that a permission of the stage names."""
    for policy in assembly(stage).resources("AWS::IAM::Policy"):
        for statement in policy.properties["PolicyDocument"]["Statement"]:
            places = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
            yield from (_text(stage, policy.module, place) for place in places if place != "*")


def _reaches(pattern: str, place: str) -> bool:
    """IAM's wildcards: any characters, slashes and colons included."""
    return fnmatchcase(place.replace("[", "(").replace("]", ")"), pattern.replace("[", "(").replace("]", ")"))


def _overlaps(mine: set[str], theirs: set[str]) -> set[str]:
    """Patterns of one stage that reach something the other stage may name."""
    examples = {place.replace("*", "x1") for place in theirs}
    return {pattern for pattern in mine if any(_reaches(pattern, place) for place in examples)}


def _names(stage: str) -> set[tuple[str, str]]:
    """Type and name, wherever a template fixes what its service will not give twice."""
    return {named for resource in assembly(stage).resources() for named in _named(resource)}


def _named(resource: Resource) -> Iterator[tuple[str, str]]:
    if resource.type.startswith("Custom::"):
        return
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", resource.type).schema
    for pointer in {*schema["primaryIdentifier"], *schema.get("createOnlyProperties", []), *UNLISTED}:
        value: Any = resource.properties
        for key in pointer.split("/")[2:]:
            value = value.get(key) if isinstance(value, Mapping) else None
        if isinstance(value, str) and pointer.endswith("Name") and pointer not in INSIDE_ANOTHER:
            yield resource.type, value


@pytest.mark.parametrize(("stage", "other"), [("rehearsal", "drill"), ("dev", "prod")])
def test_no_physical_name_of_one_stage_is_one_of_another(stage: str, other: str) -> None:
    assert len(_names(stage)) > 20
    assert _names(stage) & _names(other) == set()


@pytest.mark.parametrize(("stage", "other"), PAIRS)
def test_no_permission_of_one_stage_reaches_what_is_anothers(stage: str, other: str) -> None:
    found = _overlaps(set(_patterns(stage)), set(_patterns(other)))

    assert {pattern for pattern in found if not any(re.search(known, pattern) for known in SHARED)} == set()


def test_nothing_that_stages_share_has_outlived_its_use() -> None:
    found = _overlaps(set(_patterns("dev")), set(_patterns("prod")))

    assert {known for known in SHARED if not any(re.search(known, pattern) for pattern in found)} == set()


def test_a_stage_whose_name_only_begins_alike_is_another_stage() -> None:
    dev = set(_patterns("dev"))
    longer = {re.sub(r"(mlops[-_])dev\b", r"\1dev2", pattern).replace("<dev/", "<dev2/") for pattern in dev}
    found = _overlaps(dev, longer - dev)

    assert len(longer - dev) > 50
    assert {pattern for pattern in found if not any(re.search(known, pattern) for known in SHARED)} == set()
