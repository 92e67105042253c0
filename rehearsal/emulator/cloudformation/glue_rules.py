"""Rules common to all of Glue's types: a role that Glue may assume, a security configuration, tags."""

from __future__ import annotations

from ministack.services import glue

from rehearsal.emulator import permissions, settings
from rehearsal.emulator.cloudformation.registry import Properties, ResourceRefused, tag_map

PRINCIPAL = "glue.amazonaws.com"

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.glue": ("_arn", "_security_configs", "_tags"),
}


def check_role(role: str) -> None:
    """Refuse a role that Glue cannot assume."""
    arn = role if role.startswith("arn:") else f"arn:aws:iam::{settings.account_id()}:role/{role}"
    record = permissions.find_role(arn)
    if record is None or not permissions.trusts(record, PRINCIPAL):
        raise ResourceRefused(f"Service is unable to assume provided role {arn}. Please verify role's TrustPolicy")


def check_security_configuration(name: str | None) -> None:
    """Refuse a security configuration that is not there."""
    if name and name not in glue._security_configs:
        raise ResourceRefused(f"Security configuration {name} not found")


def set_tags(kind: str, name: str, properties: Properties) -> None:
    """Give the object the declared tags and no others."""
    tags = tag_map(properties.get("Tags"))
    if tags:
        glue._tags[glue._arn(kind, name)] = tags
    else:
        glue._tags.pop(glue._arn(kind, name), None)
