"""The elements of one statement: their names, their types and the form of actions and resources."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.emulator.policies import conditions
from rehearsal.emulator.policies.documents import listed

PAIRS = (("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal"))
ELEMENTS = ("Sid", "Effect", *(name for pair in PAIRS for name in pair), "Condition")
PRINCIPAL_TYPES = ("AWS", "Service", "Federated", "CanonicalUser")
VENDOR = re.compile(r"[a-zA-Z0-9.-]+")
PARTITIONS = ("aws", "*")
REGIONLESS = {
    "iam": "IAM resource {} cannot contain region information.",
    "s3": "Resource {} can not contain region information.",
}
LEAST_ARN_PARTS = 3


def problem(statement: Any, where: str) -> str | None:
    """What AWS calls a syntax error in a statement, and where."""
    if not isinstance(statement, Mapping):
        return f"{where} is no JSON object"
    found = next(_problems(statement), None)
    return None if found is None else f"{where}: {found}"


def _problems(statement: Mapping[str, Any]) -> Iterator[str]:
    if unknown := sorted(set(statement) - set(ELEMENTS)):
        yield f"unknown element {unknown[0]}; there are {', '.join(ELEMENTS)}"
    for name, negated in PAIRS:
        if name in statement and negated in statement:
            yield f"{name} and {negated} exclude each other"
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        if name in statement and not _is_texts(statement[name]):
            yield f"{name} is neither text nor a list of texts"
    for name in ("Principal", "NotPrincipal"):
        if name in statement and not _is_principal(statement[name]):
            yield f'{name} is neither "*" nor a map of {", ".join(PRINCIPAL_TYPES)}'
    if not isinstance(statement.get("Sid", ""), str):
        yield "Sid is no text"
    effect = statement.get("Effect")
    if not isinstance(effect, str) or effect.lower() not in ("allow", "deny"):
        yield f"Effect is {effect!r}; there are Allow and Deny" if "Effect" in statement else "there is no Effect"
    found = _condition_problem(statement.get("Condition", {}))
    if found is not None:
        yield found


def compared_values(block: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str, Any]]:
    """Each operator with each of its keys and each value that the key is compared with."""
    for operator, keys in block.items():
        for key, expected in keys.items():
            yield from ((operator, key, value) for value in (expected if isinstance(expected, list) else [expected]))


def _condition_problem(block: Any) -> str | None:
    """What AWS calls a syntax error in a Condition. An unknown operator without keys is none."""
    if not isinstance(block, Mapping) or not all(isinstance(keys, Mapping) for keys in block.values()):
        return "Condition is no map from operators to maps from keys to values"
    unknown = next((operator for operator, keys in block.items() if keys and not conditions.is_known(operator)), None)
    if unknown is not None:
        return f"unknown condition operator {unknown}"
    found = (
        (operator, key)
        for operator, key, value in compared_values(block)
        if not isinstance(value, str | bool | int | float)
    )
    return next((f"{operator} of {key} has a value that is no text, number or truth" for operator, key in found), None)


def action_fault(action: str) -> str | None:
    """AWS's sentence about an action that has no service or more than one colon."""
    if action == "*":
        return None
    vendor, colon, name = action.partition(":")
    if not colon:
        return "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
    if ":" in name:
        return "Actions/Condition can contain only one colon."
    return None if vendor == "*" or VENDOR.fullmatch(vendor) else f"Vendor {vendor} is not valid"


def resource_fault(resource: str) -> str | None:
    """AWS's sentence about a resource that is no ARN."""
    if resource == "*":
        return None
    parts = resource.split(":")
    if len(parts) == 1:
        return f'Resource {resource} must be in ARN format or "*".'
    if parts[1] not in PARTITIONS:
        told = [*parts[1:5], ":".join(parts[5:])] if len(parts) > 5 else [*parts[1:], *["*"] * (6 - len(parts))]
        return f'Partition "{parts[1]}" is not valid for resource "arn:{":".join(told)}".'
    if len(parts) < LEAST_ARN_PARTS:
        return "Resource vendor must be fully qualified and cannot contain regexes."
    if parts[2] in REGIONLESS and len(parts) > LEAST_ARN_PARTS and parts[3]:
        return REGIONLESS[parts[2]].format(resource)
    return None


def is_cut_off(resource: str) -> bool:
    """Whether an ARN lacks its service, or a part in its middle."""
    if resource == "*":
        return False
    return not resource.split(":")[2] or ("::" in resource and resource.count(":") < 5)


def names_anybody(principal: Any) -> bool:
    """Whether a Principal element has a name in it."""
    return principal == "*" or any(listed(names) for names in principal.values())


def _is_texts(value: Any) -> bool:
    return value is not None and all(isinstance(one, str) for one in listed(value))


def _is_principal(value: Any) -> bool:
    if not isinstance(value, Mapping):
        return value == "*"
    return set(value) <= set(PRINCIPAL_TYPES) and all(_is_texts(names) for names in value.values())
