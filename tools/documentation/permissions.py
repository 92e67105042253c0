"""Permissions: statements of roles and of resources, one row each."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tools.documentation.assembly import Platform
from tools.documentation.markdown import code, codes, table
from tools.documentation.phrases import phrase, phrases

RESOURCE_POLICIES = ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy", "AWS::SNS::TopicPolicy", "AWS::KMS::Key")


def role_tables(platform: Platform, module: str) -> str:
    """The permissions that this stack gives each role, role by role."""
    rows: defaultdict[str, list[Sequence[str]]] = defaultdict(list)
    for _name, body in platform.resources(module, "AWS::IAM::Policy"):
        properties = body["Properties"]
        for role in phrases(platform, module, properties["Roles"]):
            rows[role] += [
                [_actions(statement), _resources(platform, module, statement), _conditions(platform, module, statement)]
                for statement in properties["PolicyDocument"]["Statement"]
            ]
    return "\n\n".join(f"### {code(role)}\n\n{table(['May', 'On', 'Only if'], rows[role])}" for role in sorted(rows))


def trust_table(platform: Platform, module: str) -> str:
    """The roles that stand in this stack."""
    rows = [
        [
            code(name),
            body["Properties"].get("Description", ""),
            codes(
                phrase(platform, module, service)
                for statement in body["Properties"]["AssumeRolePolicyDocument"]["Statement"]
                for service in _list(statement["Principal"].get("Service", []))
            ),
        ]
        for name, body in platform.resources(module, "AWS::IAM::Role")
    ]
    return table(["Role", "For", "Assumed by"], rows)


def resource_policy_table(platform: Platform, module: str) -> str:
    """The statements of the policies of buckets, queues, topics and keys."""
    rows = [
        [
            code(name),
            statement["Effect"].lower(),
            _principal(platform, module, statement["Principal"]),
            _actions(statement),
            _conditions(platform, module, statement),
        ]
        for name, body in platform.resources(module, *RESOURCE_POLICIES)
        for statement in _document(body["Properties"])["Statement"]
    ]
    return table(["Resource", "Effect", "Who", "What", "Only if"], rows)


def _document(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    return properties["KeyPolicy"] if "KeyPolicy" in properties else properties["PolicyDocument"]


def _actions(statement: Mapping[str, Any]) -> str:
    """`s3:` once for all its actions."""
    by_service: defaultdict[str, list[str]] = defaultdict(list)
    for action in _list(statement["Action"]):
        service, _, name = action.partition(":")
        by_service[service].append(name or "everything")
    return "; ".join(code(f"{service}: {', '.join(names)}") for service, names in by_service.items())


def _resources(platform: Platform, module: str, statement: Mapping[str, Any]) -> str:
    return codes(phrases(platform, module, statement["Resource"]))


def _conditions(platform: Platform, module: str, statement: Mapping[str, Any]) -> str:
    return "; ".join(_condition(platform, module, statement.get("Condition", {})))


def _condition(platform: Platform, module: str, conditions: Mapping[str, Any]) -> Iterator[str]:
    for operator, tests in conditions.items():
        for key, values in tests.items():
            yield f"{operator} {code(key)} {codes(phrases(platform, module, values))}"


def _principal(platform: Platform, module: str, principal: Any) -> str:
    if principal in ("*", {"AWS": "*"}):
        return "everybody"
    names = [text for values in principal.values() for text in phrases(platform, module, values)]
    return ", ".join("the account itself" if name == "root" else code(name) for name in names)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
