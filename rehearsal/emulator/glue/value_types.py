"""The types that a crawler gives to columns."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

WHOLE = re.compile(r"[+-]?\d{1,18}")
DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def type_of(values: Iterable[str]) -> str:
    """bigint, double or string: the narrowest type that every value has."""
    kind = ""
    for value in values:
        if not value.strip():
            continue
        kind = wider(kind, type_of_one(value.strip()))
        if kind == "string":
            break
    return kind or "string"


def wider(one: str, other: str) -> str:
    """The type that holds the values of both."""
    if not one or not other or one == other:
        return one or other
    return "double" if {one, other} == {"bigint", "double"} else "string"


def type_of_one(value: str) -> str:
    """The type of a single text."""
    if WHOLE.fullmatch(value):
        return "bigint"
    return "double" if DECIMAL.fullmatch(value) else "string"


def json_type(value: Any) -> str:
    """The type of a JSON value; nothing for null."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "bigint" if abs(value) >= 2**31 else "int"
    return "double" if isinstance(value, float) else "string"
