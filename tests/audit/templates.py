"""Grants of the templates, in words short enough for a table."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mlops_constructs.wildcards import flatten
from tests.synth import Assembly, Resource

POLICIES: Final = {
    "AWS::KMS::Key": "KeyPolicy",
    "AWS::S3::BucketPolicy": "PolicyDocument",
    "AWS::SNS::TopicPolicy": "PolicyDocument",
    "AWS::SQS::QueuePolicy": "PolicyDocument",
}
Statement = Mapping[str, Any]


@dataclass(frozen=True, order=True)
class Grant:
    """One action that a statement allows to one role, or to one service by a policy of the resource itself."""

    holder: str
    action: str
    resources: tuple[str, ...]
    conditions: tuple[str, ...]


def grants(platform: Assembly) -> list[Grant]:
    """The grants of the roles by their policies, action by action."""
    return [
        grant
        for policy in platform.resources("AWS::IAM::Policy")
        for role in policy.properties["Roles"]
        for statement in allowed(policy.properties["PolicyDocument"])
        for grant in grants_of(role, statement, platform.stage)
    ]


def grants_of(role: Any, statement: Statement, stage: str) -> list[Grant]:
    """The grants of one statement to one role."""
    resources, conditions = _resources(statement, stage), _conditions(statement, stage)
    return [Grant(role_name(role), action, resources, conditions) for action in as_list(statement["Action"])]


def resource_grants(platform: Assembly) -> list[Grant]:
    """The grants of keys, buckets, topics, queues and functions to services."""
    return sorted(set(_resource_grants(platform)))


def _resource_grants(platform: Assembly) -> Iterator[Grant]:
    for resource in platform.resources(*POLICIES):
        for statement in allowed(resource.properties[POLICIES[resource.type]]):
            where = (_name(resource.logical_id),) if statement["Resource"] == "*" else None
            where = where or _resources(statement, platform.stage)
            for action in as_list(statement["Action"]):
                [principal] = statement["Principal"].values()
                yield Grant(shape(principal, platform.stage), action, where, _conditions(statement, platform.stage))
    for permission in platform.resources("AWS::Lambda::Permission"):
        properties = permission.properties
        where = (shape(properties["FunctionName"], platform.stage),)
        source = (f"ArnLike aws:SourceArn {shape(properties['SourceArn'], platform.stage)}",)
        yield Grant(properties["Principal"], properties["Action"], where, source)


def trusts(platform: Assembly) -> dict[str, str]:
    """The service that each role is for."""
    found = {}
    for role in platform.resources("AWS::IAM::Role"):
        [statement] = role.properties["AssumeRolePolicyDocument"]["Statement"]
        found[_name(role.logical_id)] = statement["Principal"]["Service"]
    return found


def policies_of(platform: Assembly, role: Any, module: str) -> list[Resource]:
    """The policies that one stack gives to a role, however the stack refers to it."""
    return [
        policy
        for policy in platform.resources("AWS::IAM::Policy", modules=[module])
        if role_name(role) in map(role_name, policy.properties["Roles"])
    ]


def allowed(document: Mapping[str, Any]) -> list[Statement]:
    """The Allow statements of a policy."""
    return [statement for statement in document["Statement"] if statement["Effect"] == "Allow"]


def as_list(value: Any) -> list[Any]:
    """IAM writes a list of one as the one."""
    return value if isinstance(value, list) else [value]


def role_name(reference: Any) -> str:
    """A role as the Iam stack calls it, from a reference by name or by ARN, in its own stack or from another one."""
    found = {
        _name(name)
        for name in re.findall(r"(?:ExportsOutput(?:FnGetAtt|Ref))?(\w+Role[0-9A-F]{8})", json.dumps(reference))
    }
    if len(found) != 1:
        raise AssertionError(f"{reference} names {sorted(found) or 'no role'}; exactly one is expected")
    return found.pop()


def shape(value: Any, stage: str) -> str:
    """A resource without what differs from deployment to deployment: account, region, stage and hashes."""
    text = flatten(value)
    text = re.sub(r"mlops-[a-z]+-[a-z-]+:(?:ExportsOutput(?:FnGetAtt|Ref))?(\w+)", _output, text)
    text = re.sub(r"<([A-Za-z0-9]+)\.\w+>|<([A-Za-z0-9]+)>", lambda found: f"<{_name(found[1] or found[2])}>", text)
    text = re.sub(r"^arn:<AWS::Partition>:([a-z0-9-]+):(<AWS::Region>)?:(<AWS::AccountId>)?:", r"\1: ", text)
    return text.replace(f"mlops-{stage}", "<prefix>").replace(f"mlops_{stage}", "<database>")


def _output(found: re.Match[str]) -> str:
    return f"<{_name(re.sub(r'(Arn)?[0-9A-F]{8}$', '', found[1]))}>"


def _name(logical_id: str) -> str:
    return re.sub(r"[0-9A-F]{8}(Arn|DomainId)?$", "", logical_id)


def _resources(statement: Statement, stage: str) -> tuple[str, ...]:
    return tuple(sorted(shape(resource, stage) for resource in as_list(statement["Resource"])))


def _conditions(statement: Statement, stage: str) -> tuple[str, ...]:
    return tuple(
        sorted(
            f"{operator} {key} {shape(value, stage)}"
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
            for value in as_list(values)
        )
    )
