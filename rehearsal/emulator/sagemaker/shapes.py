"""Requests against AWS's own model of them: what botocore ships is what AWS checks.

Three things are refused: what AWS refuses, members that AWS does not know, and members that the rehearsal would leave
out silently.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import botocore.session
from botocore.model import OperationModel, Shape

from rehearsal.emulator.sagemaker import constraints
from rehearsal.emulator.sagemaker.errors import unsupported, validation


@functools.cache
def operation(service: str, name: str) -> OperationModel:
    """AWS's model of an operation."""
    return _service_model(service).operation_model(name)


@functools.cache
def _service_model(service: str) -> Any:
    return botocore.session.Session().get_service_model(service)


def check(service: str, name: str, parameters: Mapping[str, Any], supported: frozenset[str] | None = None) -> None:
    """Raise a ValidationException in AWS's words, or refuse what the rehearsal does not play.

    `supported` holds the paths of members that are played ("A.B"); a path includes all below it. None: all.
    """
    shape = operation(service, name).input_shape
    if shape is None:
        return
    found = list(constraints.problems(shape, parameters, ""))
    if found:
        plural = "s" if len(found) > 1 else ""
        raise validation(f"{len(found)} validation error{plural} detected: {'; '.join(found)}")
    if supported is not None:
        for path in _given_paths(shape, parameters, ""):
            if not is_supported(path, supported):
                raise unsupported(f"{path} of {name}")


def is_supported(path: str, supported: Iterable[str]) -> bool:
    """Tell whether the path is in the table, below an entry of it, or on the way to one."""
    return any(path == entry or path.startswith(f"{entry}.") or entry.startswith(f"{path}.") for entry in supported)


def answer(service: str, name: str, value: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a value that AWS's model of the operation's answer has."""
    shape: Any = operation(service, name).output_shape
    return trimmed(shape, value) or {}


def trimmed(shape: Shape | None, value: Any) -> Any:
    """The part of a value that a shape has."""
    if shape is None or value is None:
        return None
    if shape.type_name == "structure" and isinstance(value, Mapping):
        members: Mapping[str, Shape] = shape.members  # pyright: ignore[reportAttributeAccessIssue]
        return {
            name: trimmed(member, value[name])
            for name, member in members.items()
            if name in value and value[name] is not None
        }
    if shape.type_name == "list":
        return [trimmed(shape.member, item) for item in value]  # pyright: ignore[reportAttributeAccessIssue]
    return value


def _given_paths(shape: Any, value: Any, path: str) -> Iterator[str]:
    """The path of every member that the request sets, lists left out of it."""
    if shape.type_name == "structure":
        for name, item in value.items():
            if item is not None:
                below = f"{path}.{name}" if path else name
                yield below
                yield from _given_paths(shape.members[name], item, below)
    elif shape.type_name == "list":
        for item in value:
            yield from _given_paths(shape.member, item, path)
