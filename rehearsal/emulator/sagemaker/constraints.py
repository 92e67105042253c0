"""The problems of a value in AWS's words, by botocore's model of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.emulator.sagemaker.patterns import pattern

NUMBERS = ("integer", "long", "float", "double")


def problems(shape: Any, value: Any, path: str) -> Iterator[str]:
    """Every problem of a value, with its path as AWS writes it."""
    if shape.type_name == "structure":
        yield from _structure_problems(shape, value, path)
    elif shape.type_name == "list":
        if not isinstance(value, list):
            yield _constraint(value, path, "Member must be a list")
            return
        yield from _size_problems(shape, value, len(value), path)
        for number, item in enumerate(value, 1):
            yield from problems(shape.member, item, f"{path}.{number}.member")
    elif shape.type_name == "map":
        if not isinstance(value, Mapping):
            yield _constraint(value, path, "Member must be a map")
            return
        yield from _size_problems(shape, value, len(value), path)
        for key, item in value.items():
            yield from problems(shape.key, key, path)
            yield from problems(shape.value, item, f"{path}.{key}.member")
    else:
        yield from _scalar_problems(shape, value, path)


def _structure_problems(shape: Any, value: Any, path: str) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield _constraint(value, path, "Member must be a structure")
        return
    for name in shape.required_members:
        if value.get(name) is None:
            yield _constraint(None, _join(path, name), "Member must not be null")
    for name, item in value.items():
        if name not in shape.members:
            known = ", ".join(shape.members)
            yield _constraint(item, _join(path, name), f"Member is unknown, known members are [{known}]")
        elif item is not None:
            yield from problems(shape.members[name], item, _join(path, name))


def _scalar_problems(shape: Any, value: Any, path: str) -> Iterator[str]:
    if shape.type_name == "string":
        if not isinstance(value, str):
            yield _constraint(value, path, "Member must be a string")
            return
        yield from _size_problems(shape, value, len(value), path)
        if shape.enum and value not in shape.enum:
            yield _constraint(value, path, f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")
        text = shape.metadata.get("pattern")
        if text and not pattern(text).fullmatch(value):
            yield _constraint(value, path, f"Member must satisfy regular expression pattern: {text}")
    elif shape.type_name in NUMBERS:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            yield _constraint(value, path, "Member must be a number")
            return
        yield from _range_problems(shape, value, path)
    elif shape.type_name == "boolean" and not isinstance(value, bool):
        yield _constraint(value, path, "Member must be a boolean")


def _size_problems(shape: Any, value: Any, size: int, path: str) -> Iterator[str]:
    lowest, highest = shape.metadata.get("min"), shape.metadata.get("max")
    if lowest is not None and size < lowest:
        yield _constraint(value, path, f"Member must have length greater than or equal to {lowest}")
    if highest is not None and size > highest:
        yield _constraint(value, path, f"Member must have length less than or equal to {highest}")


def _range_problems(shape: Any, value: float, path: str) -> Iterator[str]:
    lowest, highest = shape.metadata.get("min"), shape.metadata.get("max")
    if lowest is not None and value < lowest:
        yield _constraint(value, path, f"Member must have value greater than or equal to {lowest}")
    if highest is not None and value > highest:
        yield _constraint(value, path, f"Member must have value less than or equal to {highest}")


def _join(path: str, name: str) -> str:
    spoken = name[:1].lower() + name[1:]
    return f"{path}.{spoken}" if path else spoken


def _constraint(value: Any, path: str, constraint: str) -> str:
    shown = "null" if value is None else f"'{value}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}"
