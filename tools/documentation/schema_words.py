"""A JSON schema in words: what kind of value, and what is allowed."""

from collections.abc import Mapping
from typing import Any

from tools.documentation.markdown import NOTHING, code, codes

Schema = Mapping[str, Any]
KINDS = {"string": "text", "integer": "whole number", "boolean": "true or false"}
LIMITS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} entries",
    "pattern": "matches `{}`",
}


def kind(value: Schema) -> str:
    """Text, number, list, table: as TOML calls them."""
    if "$ref" in value:
        return "table"
    if "anyOf" in value:
        kinds = [kind(each) for each in value["anyOf"] if each.get("type") != "null"]
        return "number" if kinds == ["whole number", "number"] else " or ".join(kinds)
    match value:
        case {"type": "array", "items": items}:
            return "list of tables" if "$ref" in items else f"list of {kind(items)}s"
        case {"type": "object", "additionalProperties": {"type": _} as inner}:
            return f"table of {kind(inner)}s"
        case {"type": "object"}:
            return "table of plain values"
        case {"type": str(name)}:
            return KINDS.get(name, name)
        case _:
            return NOTHING


def limits(value: Schema) -> str:
    """The values that are allowed, or the bounds of a value."""
    parts = [value, *value.get("anyOf", [])]
    found = [codes(part["enum"]) for part in parts if "enum" in part]
    found += [code(part["const"]) for part in parts if "const" in part]
    for part in parts:
        bounds = {key: part[key] for key in LIMITS if key in part}
        if bounds.get("minLength") == bounds.get("maxLength") == 1:
            found.append("one character")
        elif bounds == {"minLength": 1}:
            found.append("not empty")
        else:
            found += [LIMITS[key].format(bound) for key, bound in bounds.items() if (key, bound) != ("minLength", 1)]
    return ", ".join(found)
