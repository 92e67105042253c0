"""The form of a template: its sections, the members of its resources and outputs, and the names it may give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Template = Mapping[str, Any]

SECTIONS = (
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
)
RESOURCE_MEMBERS = (
    "Condition",
    "CreationPolicy",
    "DeletionPolicy",
    "DependsOn",
    "Metadata",
    "Properties",
    "Type",
    "UpdatePolicy",
    "UpdateReplacePolicy",
)
POLICIES = {
    "DeletionPolicy": ("Delete", "Retain", "RetainExceptOnCreate", "Snapshot"),
    "UpdateReplacePolicy": ("Delete", "Retain", "Snapshot"),
}
NAMED = {"Resources": "Resource", "Parameters": "Parameter", "Outputs": "Output"}
FORMAT_ERROR = "Template format error: "


class TemplateRefused(ValueError):
    """CloudFormation refuses the template or the request, in these words."""


def check_shape(template: Template) -> None:
    """Refuse what is malformed before any reference is looked at."""
    unknown = sorted(set(template) - set(SECTIONS))
    if unknown:
        raise TemplateRefused(f"Invalid template property or properties [{', '.join(unknown)}]")
    resources = template.get("Resources")
    if not isinstance(resources, Mapping) or not resources:
        raise TemplateRefused(f"{FORMAT_ERROR}At least one Resources member must be defined.")
    _check_names(template)
    for name, definition in resources.items():
        _check_resource(name, definition)
    for name, definition in (template.get("Outputs") or {}).items():
        _check_output(name, definition)
    for section in ("Resources", "Outputs", "Conditions"):
        for path in _nulls(template.get(section) or {}, f"/{section}"):
            raise TemplateRefused(f"[{path}] 'null' values are not allowed in templates")


def _check_names(template: Template) -> None:
    for section, kind in NAMED.items():
        for name in template.get(section) or {}:
            if not (name.isascii() and name.isalnum()):
                raise TemplateRefused(f"{FORMAT_ERROR}{kind} name {name} is non alphanumeric.")


def _check_resource(name: str, definition: Any) -> None:
    if not isinstance(definition, Mapping):
        raise TemplateRefused(f"{FORMAT_ERROR}Any Resources member must be an object.")
    if not isinstance(definition.get("Type"), str):
        raise TemplateRefused(f"{FORMAT_ERROR}[/Resources/{name}] Every Resources object must contain a Type member.")
    for member in sorted(set(definition) - set(RESOURCE_MEMBERS)):
        raise TemplateRefused(f"Invalid template resource property '{member}'")
    for policy, known in POLICIES.items():
        value = definition.get(policy)
        if isinstance(value, str) and value not in known:
            raise TemplateRefused(f"{FORMAT_ERROR}Unrecognized {policy} {value} for resource {name}")
    if not isinstance(definition.get("Condition", ""), str):
        raise TemplateRefused(f"{FORMAT_ERROR}Every Condition member must be a string.")


def _check_output(name: str, definition: Any) -> None:
    if not isinstance(definition, Mapping) or "Value" not in definition:
        raise TemplateRefused(f"{FORMAT_ERROR}Every Outputs member must contain a Value object")
    if not isinstance(definition.get("Condition", ""), str):
        raise TemplateRefused(f"{FORMAT_ERROR}Every Condition member must be a string.")
    if isinstance(definition["Value"], list):
        raise TemplateRefused(
            f"{FORMAT_ERROR}The Value field of every Outputs member must evaluate to a String. ({name})"
        )


def _nulls(node: Any, path: str) -> Iterator[str]:
    """The places of null values below the node."""
    if node is None:
        yield path
    elif isinstance(node, Mapping):
        for key, value in node.items():
            yield from _nulls(value, f"{path}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _nulls(value, f"{path}/{index}")
