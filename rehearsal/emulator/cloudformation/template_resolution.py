"""References that lead nowhere: what a template names must be there, and be there under its conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.emulator.cloudformation.template_references import (
    PSEUDO_PARAMETERS,
    Conditions,
    Reference,
    circular,
    conditions_in,
    depends_on,
    parts,
    references,
)
from rehearsal.emulator.cloudformation.template_shape import FORMAT_ERROR, Template, TemplateRefused

REFERRING = ("Properties", "Metadata", "CreationPolicy", "UpdatePolicy")
OUTPUT_MEMBERS = ("Value", "Export")


def check_references(template: Template) -> None:
    """Refuse what refers to nothing, in any branch."""
    known = Names.of(template)
    _check_conditions(template, known)
    unresolved: list[str] = []
    for definition in template["Resources"].values():
        known.check_condition(definition)
        unresolved += [name for name in depends_on(definition) if name not in known.resources]
        unresolved += known.unresolved(references(parts(definition, REFERRING)))
    _refuse(unresolved, "Resources")
    unresolved = []
    for definition in (template.get("Outputs") or {}).values():
        known.check_condition(definition)
        unresolved += known.unresolved(references(parts(definition, OUTPUT_MEMBERS)))
    _refuse(unresolved, "Outputs")


def check_active(template: Template, conditions: Conditions | None) -> list[Any]:
    """Refuse what refers to a resource that a condition leaves out, and circles; the parts that remain.

    Without conditions every resource counts.
    """
    resources = {name: one for name, one in template["Resources"].items() if _counts(one, conditions)}
    outputs = [one for one in (template.get("Outputs") or {}).values() if _counts(one, conditions)]
    absent = set(template["Resources"]) - set(resources)
    blocks = {"Resources": [parts(one, REFERRING) for one in resources.values()]}
    blocks["Outputs"] = [parts(one, OUTPUT_MEMBERS) for one in outputs]
    for block, nodes in blocks.items():
        found = references(nodes, conditions)
        unresolved = [
            reference.name for reference in found if reference.name in absent and reference.function != "Fn::If"
        ]
        _refuse(unresolved, block, FORMAT_ERROR if block == "Resources" else "")
    needed = {name: _needed(one, conditions) & set(resources) for name, one in resources.items()}
    circle = circular(needed)
    if circle:
        raise TemplateRefused(f"Circular dependency between resources: [{', '.join(circle)}]")
    return [node for nodes in blocks.values() for node in nodes]


@dataclass(frozen=True)
class Names:
    """The names that the template declares."""

    resources: frozenset[str]
    values: frozenset[str]
    conditions: frozenset[str]

    @classmethod
    def of(cls, template: Template) -> Names:
        """The names of a template."""
        parameters = frozenset(template.get("Parameters") or {})
        return cls(
            frozenset(template["Resources"]),
            parameters | PSEUDO_PARAMETERS,
            frozenset(template.get("Conditions") or {}),
        )

    def check_condition(self, definition: Mapping[str, Any]) -> None:
        """Refuse the condition of a resource or output that is not defined."""
        condition = definition.get("Condition")
        if condition is not None and condition not in self.conditions:
            raise TemplateRefused(f"{FORMAT_ERROR}Condition {condition} is not defined.")

    def unresolved(self, found: Iterator[Reference]) -> list[str]:
        """The names that a block refers to and nobody declares."""
        missing = []
        for reference in found:
            if reference.function == "Fn::If":
                if reference.name not in self.conditions:
                    raise TemplateRefused(f"Template error: unresolved condition dependency {reference.name} in Fn::If")
            elif reference.attribute is not None and reference.name not in self.resources:
                raise TemplateRefused(_undefined(reference))
            elif reference.name not in self.resources | self.values:
                missing.append(reference.name)
        return missing


def _counts(definition: Mapping[str, Any], conditions: Conditions | None) -> bool:
    return conditions is None or conditions.get(definition.get("Condition", ""), True)


def _needed(definition: Mapping[str, Any], conditions: Conditions | None) -> set[str]:
    return {found.name for found in _named(parts(definition, REFERRING), conditions)} | set(depends_on(definition))


def _named(node: Any, conditions: Conditions | None) -> list[Reference]:
    """The references to anything but conditions."""
    return [found for found in references(node, conditions) if found.function != "Fn::If"]


def _undefined(reference: Reference) -> str:
    if reference.function == "Fn::Sub":
        whole = f"{reference.name}.{reference.attribute}"
        return f"Template error: instance of Fn::Sub references invalid resource attribute {whole}"
    return f"Template error: instance of Fn::GetAtt references undefined resource {reference.name}"


def _check_conditions(template: Template, known: Names) -> None:
    """Conditions refer to parameters and to each other, never to resources."""
    defined = template.get("Conditions") or {}
    for name, expression in defined.items():
        for other in conditions_in(expression):
            if other not in known.conditions:
                raise TemplateRefused(f"Template error: unresolved condition dependency {other} in condition {name}")
        unresolved = [found.name for found in references(expression) if found.name not in known.values]
        if unresolved:
            raise TemplateRefused(
                f"{FORMAT_ERROR}Unresolved dependencies [{', '.join(dict.fromkeys(unresolved))}]."
                " Cannot reference resources in the Conditions block of the template"
            )
    circle = circular({name: set(conditions_in(expression)) for name, expression in defined.items()})
    if circle:
        raise TemplateRefused(f"Template error: Found circular condition dependency between {' and '.join(circle)}")


def _refuse(unresolved: list[str], block: str, prefix: str = FORMAT_ERROR) -> None:
    if unresolved:
        names = ", ".join(dict.fromkeys(unresolved))
        raise TemplateRefused(
            f"{prefix}Unresolved resource dependencies [{names}] in the {block} block of the template"
        )
