"""The arguments of intrinsic functions that CloudFormation checks before it makes anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rehearsal.emulator.cloudformation.template_shape import TemplateRefused

Parameters = Mapping[str, Mapping[str, Any]]

SELECT = "Template error: Fn::Select requires a list argument with two elements: an integer index and a list"
LISTS = (list, dict)
TEXTS = (str, dict)


def _pair(first: tuple[type, ...], second: tuple[type, ...]) -> Callable[[Any], bool]:
    def fits(argument: Any) -> bool:
        return (
            isinstance(argument, list)
            and len(argument) == 2
            and isinstance(argument[0], first)
            and isinstance(argument[1], second)
        )

    return fits


def _select(argument: Any) -> bool:
    """An integer and a list that is long enough, where both are literal."""
    if not isinstance(argument, list) or len(argument) != 2 or not isinstance(argument[1], LISTS):
        return False
    index, items = argument
    if isinstance(index, dict):
        return True
    if isinstance(index, bool) or not str(index).isdecimal():
        return False
    return isinstance(items, dict) or int(index) < len(items)


def _get_att(argument: Any) -> bool:
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    return isinstance(parts, list) and len(parts) == 2 and isinstance(parts[0], str) and all(parts)


def _sub(argument: Any) -> bool:
    return isinstance(argument, str) or _pair((str,), (dict,))(argument)


def _if(argument: Any) -> bool:
    return isinstance(argument, list) and len(argument) == 3 and isinstance(argument[0], str)


RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    "Fn::Equals": (
        lambda argument: isinstance(argument, list) and len(argument) == 2,
        "Template error: every Fn::Equals object requires a list of 2 string parameters.",
    ),
    "Fn::GetAtt": (
        _get_att,
        "Template error: every Fn::GetAtt object requires two non-empty parameters,"
        " the resource name and the resource attribute",
    ),
    "Fn::If": (
        _if,
        "Template error: Fn::If requires a list argument with the first element being a condition",
    ),
    "Fn::Join": (
        _pair((str,), LISTS),
        "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of"
        " strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.",
    ),
    "Fn::Select": (_select, SELECT),
    "Fn::Split": (
        _pair((str,), TEXTS),
        "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to"
        " be split or a function that returns a string to be split.",
    ),
    "Fn::Sub": (
        _sub,
        "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as"
        " first argument, and an optional second argument to specify a mapping of values to replace in the string",
    ),
    "Ref": (lambda argument: isinstance(argument, str), "Template error: Ref requires a string."),
}


def check_functions(node: Any) -> None:
    """Refuse a function with arguments that it cannot have, at any depth."""
    if isinstance(node, list):
        for item in node:
            check_functions(item)
    elif isinstance(node, Mapping):
        for name, argument in node.items():
            fits, message = RULES.get(name, (None, ""))
            if fits is not None and len(node) == 1 and not fits(argument):
                raise TemplateRefused(message)
            check_functions(argument)


def check_selections(node: Any, parameters: Parameters) -> None:
    """Refuse a selection that the parameters' values leave without a value."""
    if isinstance(node, list):
        for item in node:
            check_selections(item, parameters)
    elif isinstance(node, Mapping):
        if set(node) == {"Fn::Select"}:
            index, items = _value(node["Fn::Select"][0], parameters), _value(node["Fn::Select"][1], parameters)
            if index is not None and not str(index).isdecimal():
                raise TemplateRefused(SELECT)
            if index is not None and isinstance(items, list) and int(index) >= len(items):
                raise TemplateRefused(f"Template error: Fn::Select cannot select nonexistent value at index {index}")
        for argument in node.values():
            check_selections(argument, parameters)


def _value(node: Any, parameters: Parameters) -> Any:
    """The value as far as literals and parameters give it; None for all else."""
    if isinstance(node, Mapping) and set(node) == {"Ref"}:
        given = parameters.get(node["Ref"])
        if given is None:
            return None
        listed = str(given.get("Type", "")).startswith(("List<", "CommaDelimitedList"))
        return [item.strip() for item in str(given["Value"]).split(",")] if listed else given["Value"]
    if isinstance(node, Mapping) and set(node) == {"Fn::Split"}:
        text = _value(node["Fn::Split"][1], parameters)
        return text.split(node["Fn::Split"][0]) if isinstance(text, str) else None
    return node if isinstance(node, str | int | list) else None
