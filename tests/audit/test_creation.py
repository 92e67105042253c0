"""Resources whose role AWS tries while it creates them: each exists after the role's policies, not beside them."""

import json
from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.audit.templates import allowed, as_list, policies_of
from tests.synth import Assembly, Resource, assembly

STAGES: Final = ("dev", "prod")
# How resources name the role that a service is to take up for them.
ROLE_PROPERTIES: Final = frozenset(
    {"Role", "RoleArn", "ExecutionRole", "ExecutionRoleArn", "DeliverLogsPermissionArn", "TaskRoleArn"}
)
# How resources name the function that runs as soon as they exist, and with it the function's role.
FUNCTION_PROPERTIES: Final = {"AWS::Lambda::EventSourceMapping": "FunctionName", "Custom::": "ServiceToken"}
TRIED: Final = {
    "AWS::Lambda::Function",
    "AWS::StepFunctions::StateMachine",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Glue::Job",
    "AWS::Glue::Crawler",
    "AWS::EC2::FlowLog",
    "AWS::SageMaker::Domain",
    "Custom::Teardown",
}


@pytest.mark.parametrize("stage", STAGES)
def test_a_resource_that_names_a_role_waits_for_all_policies_of_the_role_in_its_stack(stage: str) -> None:
    platform = assembly(stage)
    named = [(resource, role) for resource in platform.resources() for role in _roles(resource, platform)]
    early = [
        f"{resource.module}/{resource.logical_id} does not wait for {policy.logical_id}"
        for resource, role in named
        for policy in policies_of(platform, role, resource.module)
        if policy.logical_id not in as_list(resource.depends_on) and not _names(policy, resource)
    ]

    assert {resource.type for resource, _ in named} == TRIED
    assert early == []


@pytest.mark.parametrize("stage", STAGES)
def test_a_resource_that_names_a_role_stands_in_a_stack_that_gives_the_role_something_to_do(stage: str) -> None:
    platform = assembly(stage)
    idle = [
        f"{resource.module}/{resource.logical_id}"
        for resource in platform.resources()
        for role in _roles(resource, platform)
        if not policies_of(platform, role, resource.module)
    ]

    assert idle == []


@pytest.mark.parametrize("stage", STAGES)
def test_a_role_has_its_log_permissions_before_the_function_that_logs(stage: str) -> None:
    platform = assembly(stage)
    for function in platform.resources("AWS::Lambda::Function"):
        [group] = function.properties["LoggingConfig"].values()
        waited_for = [
            statement
            for policy in policies_of(platform, function.properties["Role"], function.module)
            if policy.logical_id in as_list(function.depends_on)
            for statement in allowed(policy.properties["PolicyDocument"])
        ]
        assert any(
            "logs:PutLogEvents" in as_list(statement["Action"]) and group["Ref"] in json.dumps(statement["Resource"])
            for statement in waited_for
        ), function.logical_id


def _roles(resource: Resource, platform: Assembly) -> Iterator[Any]:
    if resource.type.startswith("AWS::IAM::"):
        return
    yield from _values(resource.properties)
    for kind, name in FUNCTION_PROPERTIES.items():
        if resource.type.startswith(kind):
            yield _role_of_function(resource.properties[name], platform)


def _values(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _values(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key in ROLE_PROPERTIES:
                yield item
            else:
                yield from _values(item)


def _role_of_function(reference: Any, platform: Assembly) -> Any:
    [role] = [
        function.properties["Role"]
        for function in platform.resources("AWS::Lambda::Function")
        if function.logical_id in json.dumps(reference)
    ]
    return role


def _names(policy: Resource, resource: Resource) -> bool:
    """A policy that names the resource cannot come before it."""
    return f'"{resource.logical_id}"' in json.dumps(policy.properties)
