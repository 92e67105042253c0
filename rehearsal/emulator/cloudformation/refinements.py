"""Stock types that need little: a role's boundary, the keys of topics and log groups, policies that collide."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services import cloudwatch_logs, iam, kms, sns
from ministack.services.cloudformation import provisioners

from rehearsal.emulator import permissions, reserved, settings
from rehearsal.emulator.cloudformation.registry import Attributes, Properties, ResourceRefused

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.cloudformation.provisioners": ("_RESOURCE_HANDLERS",),
    "ministack.services.cloudwatch_logs": ("_log_groups",),
    "ministack.services.iam": ("_policies", "_roles"),
    "ministack.services.kms": ("_resolve_key",),
    "ministack.services.sns": ("_topics",),
}

Refinement = Callable[[str, Properties], None]


def install() -> None:
    """Complete what the stock handlers leave out."""
    after("AWS::IAM::Role", _keep_boundary)
    after("AWS::Logs::LogGroup", _check_log_key)
    _refuse_overwriting()
    _refuse_reserved("AWS::IAM::Role", "iam:CreateRole")
    _refuse_reserved("AWS::KMS::Alias", "kms:CreateAlias")
    after("AWS::SNS::Topic", _keep_topic_settings)


def after(name: str, refine: Refinement) -> None:
    """Run `refine` on the physical id and the new properties after the stock create and update."""
    handlers = provisioners._RESOURCE_HANDLERS[name]

    def completed(function: Callable[..., Any], position: int) -> Callable[..., Any]:
        def run(*arguments: Any) -> tuple[str, Attributes]:
            physical_id, attributes = function(*arguments)
            refine(physical_id, arguments[position])
            return physical_id, attributes

        return run

    provisioners._RESOURCE_HANDLERS[name] = {
        **handlers,
        "create": completed(handlers["create"], 1),
        "update": completed(handlers["update"], 2),
    }


def _refuse_overwriting() -> None:
    """AWS lets one stack's inline policy overwrite another's of the same name on the same role, without a word."""
    name = "AWS::IAM::Policy"
    handlers = provisioners._RESOURCE_HANDLERS[name]
    stock_create = handlers["create"]

    def create(logical_id: str, properties: Properties, stack_name: str) -> tuple[str, Attributes]:
        policy = properties.get("PolicyName")
        taken = [role for role in properties.get("Roles") or [] if policy in iam._roles[role]["InlinePolicies"]]
        if taken:
            raise ResourceRefused(f"This would overwrite the inline policy {policy} of the role {taken[0]}")
        created: tuple[str, Attributes] = stock_create(logical_id, properties, stack_name)
        return created

    provisioners._RESOURCE_HANDLERS[name] = {**handlers, "create": create}


def _refuse_reserved(name: str, action: str) -> None:
    """The names that belong to AWS are refused in a template as they are in a request."""
    handlers = provisioners._RESOURCE_HANDLERS[name]
    stock_create = handlers["create"]

    def create(logical_id: str, properties: Properties, stack_name: str) -> tuple[str, Attributes]:
        if reserved.is_reserved(action, properties):
            raise ResourceRefused(f"{name} {logical_id}: not authorized to perform: {action} under a reserved name")
        created: tuple[str, Attributes] = stock_create(logical_id, properties, stack_name)
        return created

    provisioners._RESOURCE_HANDLERS[name] = {**handlers, "create": create}


def _keep_boundary(name: str, properties: Properties) -> None:
    boundary = properties.get("PermissionsBoundary")
    if boundary is None:
        iam._roles[name].pop("PermissionsBoundary", None)
        return
    if boundary not in iam._policies:
        raise ResourceRefused(f"Scope ARN: {boundary} does not exist or is not attachable.")
    iam._roles[name]["PermissionsBoundary"] = boundary


def _keep_topic_settings(arn: str, properties: Properties) -> None:
    attributes = sns._topics[arn]["attributes"]
    key = properties.get("KmsMasterKeyId")
    if key and kms._resolve_key(key) is None:
        raise ResourceRefused(f"The KMS key {key} does not exist")
    for name, value in (("KmsMasterKeyId", key), ("TracingConfig", properties.get("TracingConfig"))):
        if value:
            attributes[name] = value
        else:
            attributes.pop(name, None)


def _check_log_key(name: str, properties: Properties) -> None:
    """CloudWatch Logs takes a key only if the key's policy lets it encrypt this very group."""
    key = kms._resolve_key(properties["KmsKeyId"]) if properties.get("KmsKeyId") else None
    if key is None:
        return
    group_arn = f"arn:aws:logs:{settings.region()}:{settings.account_id()}:log-group:{name}"
    service = f"logs.{settings.region()}.amazonaws.com"
    context = {"kms:EncryptionContext:aws:logs:arn": group_arn}
    question = permissions.Question(service, "kms:GenerateDataKey", str(key["Arn"]), context)
    if not permissions.service_may(key.get("Policy"), service, question):
        cloudwatch_logs._log_groups.pop(name, None)
        raise ResourceRefused(
            f"The specified KMS key does not exist or is not allowed to be used with LogGroup '{group_arn}'"
        )
