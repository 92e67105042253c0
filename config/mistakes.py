"""A mistake is one line: which key, what is wrong with its value, what is allowed. Also what pydantic finds."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import ErrorDetails

_TYPES = {
    "string_type": "a text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "dataclass_type": "a table",
    "finite_number": "a finite number",
}


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong with one key."""

    key: str
    problem: str
    allowed: str

    def __str__(self) -> str:
        return f"{self.key}: {self.problem}; allowed: {self.allowed}"


def found_by_pydantic(detail: ErrorDetails) -> Mistake:
    """A finding in our words."""
    key, kind, context = key_of(detail["loc"]), detail["type"], detail.get("ctx", {})
    if detail["loc"] and detail["loc"][-1] in _UNION:
        return Mistake(key, f"is {short(detail['input'])}", "a number")
    if kind == "missing":
        return Mistake(key, "is missing", "the key is required")
    return Mistake(key, f"is {short(detail['input'])}", _allowed(kind, context, detail["msg"]))


def _allowed(kind: str, context: Mapping[str, Any], message: str) -> str:
    if kind in _TYPES:
        return _TYPES[kind]
    if kind == "literal_error":
        return str(context["expected"])
    return message.removeprefix("Input should be ").removeprefix("Value error, ")


def key_of(location: tuple[int | str, ...]) -> str:
    """Like TOML, with the position of an entry of a list counted from one; no names of Python types."""
    parts = [f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in location if part not in _UNION]
    return "".join(parts).lstrip(".")


# pydantic reports each type of a union by itself.
_UNION = ("int", "float")


def short(value: Any) -> str:
    """A value that fits into a line."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
