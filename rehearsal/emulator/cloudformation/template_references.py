"""The references of a template: names that its functions ask for, at any depth and in any branch."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

PSEUDO_PARAMETERS = frozenset(
    f"AWS::{name}"
    for name in (
        "AccountId",
        "NoValue",
        "NotificationARNs",
        "Partition",
        "Region",
        "StackId",
        "StackName",
        "URLSuffix",
    )
)
VARIABLE = re.compile(r"\$\{([^}]*)\}")

Conditions = Mapping[str, bool]


@dataclass(frozen=True)
class Reference:
    """One name that a function asks for, with the attribute if it asks for one."""

    function: str
    name: str
    attribute: str | None = None


def references(node: Any, conditions: Conditions | None = None) -> Iterator[Reference]:
    """Every reference below the node; with conditions given, only those of the branches that are taken."""
    if isinstance(node, list):
        for item in node:
            yield from references(item, conditions)
        return
    if not isinstance(node, Mapping):
        return
    function: str = next(iter(node)) if len(node) == 1 else ""
    argument: Any = node.get(function)
    if function == "Ref" and isinstance(argument, str):
        yield Reference(function, argument)
    elif function == "Fn::GetAtt":
        name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
        yield Reference(function, name, str(attribute))
    elif function == "Fn::Sub":
        yield from _variables(argument, conditions)
    elif function == "Fn::If":
        yield Reference(function, argument[0])
        taken = argument[1:] if conditions is None else argument[1 if conditions.get(argument[0]) else 2]
        yield from references(taken, conditions)
    else:
        for value in node.values():
            yield from references(value, conditions)


def parts(definition: Mapping[str, Any], members: tuple[str, ...]) -> list[Any]:
    """The members of a resource or an output that may refer to something."""
    return [definition[member] for member in members if member in definition]


def depends_on(definition: Mapping[str, Any]) -> list[str]:
    """The names after DependsOn."""
    declared = definition.get("DependsOn", [])
    return [declared] if isinstance(declared, str) else list(declared)


def circular(needed: Mapping[str, set[str]]) -> list[str]:
    """The names that wait for each other, in order; empty if there is an order to make them in."""
    waiting = {name: set(others) for name, others in needed.items()}
    while True:
        wanted = {other for others in waiting.values() for other in others}
        free = [name for name, others in waiting.items() if not others or name not in wanted]
        if not free:
            return sorted(waiting)
        for name in free:
            del waiting[name]
        waiting = {name: others - set(free) for name, others in waiting.items()}


def _variables(argument: Any, conditions: Conditions | None) -> Iterator[Reference]:
    text, given = (argument, {}) if isinstance(argument, str) else argument
    for variable in VARIABLE.findall(text):
        if not variable.startswith("!") and variable not in given:
            name, _, attribute = variable.partition(".")
            yield Reference("Fn::Sub", name, attribute or None)
    yield from references(list(given.values()), conditions)


def conditions_in(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for item in node:
            yield from conditions_in(item)
    elif isinstance(node, Mapping):
        if set(node) == {"Condition"}:
            yield str(node["Condition"])
        else:
            yield from conditions_in(list(node.values()))
