"""The Condition element: operators, their set and IfExists forms, and keys that the request does not have."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rehearsal.emulator.policies import patterns
from rehearsal.emulator.policies.request import Request

Compare = Callable[[str, str, Request, bool], bool]
SETS = ("forallvalues:", "foranyvalue:")
IF_EXISTS = "ifexists"
ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "equals": lambda actual, expected: bool(actual == expected),
    "lessthan": lambda actual, expected: bool(actual < expected),
    "lessthanequals": lambda actual, expected: bool(actual <= expected),
    "greaterthan": lambda actual, expected: bool(actual > expected),
    "greaterthanequals": lambda actual, expected: bool(actual >= expected),
}


def _equal(actual: str, expected: str, request: Request, variables: bool) -> bool:
    return patterns.matches(actual, expected, request, variables, wildcards=False)


def _equal_ignoring_case(actual: str, expected: str, request: Request, variables: bool) -> bool:
    filled = patterns.compiled(expected, request, variables, wildcards=False)
    return filled is not None and re.fullmatch(filled.pattern, actual, re.IGNORECASE | re.DOTALL) is not None


def _ordered(parse: Callable[[str], Any], order: Callable[[Any, Any], bool]) -> Compare:
    """Compare as numbers or dates; what is none compares with nothing."""

    def compare(actual: str, expected: str, _request: Request, _variables: bool) -> bool:
        try:
            return order(parse(actual), parse(expected))
        except (ValueError, OverflowError):
            return False

    return compare


def _date(text: str) -> datetime:
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except ValueError:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return found if found.tzinfo else found.replace(tzinfo=UTC)


def _address(actual: str, expected: str, _request: Request, _variables: bool) -> bool:
    try:
        return ipaddress.ip_address(actual) in ipaddress.ip_network(expected, strict=False)
    except ValueError:
        return False


def _truth(actual: str, expected: str, _request: Request, _variables: bool) -> bool:
    return actual.lower() == expected.lower()


OPERATORS: dict[str, Compare] = {
    "stringequals": _equal,
    "stringequalsignorecase": _equal_ignoring_case,
    "stringlike": patterns.matches,
    "arnequals": patterns.arn_matches,
    "arnlike": patterns.arn_matches,
    "bool": _truth,
    "binaryequals": lambda actual, expected, _request, _variables: actual == expected,
    "ipaddress": _address,
    **{f"numeric{name}": _ordered(float, order) for name, order in ORDERS.items()},
    **{f"date{name}": _ordered(_date, order) for name, order in ORDERS.items()},
}
NEGATED: dict[str, str] = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
    "numericnotequals": "numericequals",
    "datenotequals": "dateequals",
    "notipaddress": "ipaddress",
}


class UnknownOperator(ValueError):
    """A condition operator that IAM does not have."""


def is_known(operator: str) -> bool:
    """Whether IAM has the operator; Null takes no IfExists."""
    _kind, name, if_exists = _parts(operator)
    return not if_exists if name == "null" else name in OPERATORS or name in NEGATED


def is_date(text: str) -> bool:
    """Whether a Date operator can compare with it."""
    try:
        _date(text)
    except (ValueError, OverflowError):
        return False
    return True


def met(conditions: Mapping[str, Mapping[str, Any]], request: Request, variables: bool) -> bool:
    """Whether every operator holds for every one of its keys."""
    return all(
        _holds(operator, _texts(expected), request.keys.get(key.lower()), request, variables)
        for operator, keys in conditions.items()
        for key, expected in keys.items()
    )


def _holds(operator: str, expected: Sequence[str], actual: Any, request: Request, variables: bool) -> bool:
    kind, name, if_exists = _parts(operator)
    if name == "null":
        return any((actual is None) == (text.lower() == "true") for text in expected)
    negated = name in NEGATED
    compare = OPERATORS.get(NEGATED.get(name, name))
    if compare is None:
        raise UnknownOperator(f"Invalid condition operator: {operator}")
    if actual is None:
        return if_exists or kind == "forallvalues:" or (negated and not kind)
    values = [actual] if isinstance(actual, str) else list(actual)

    def fits(value: str) -> bool:
        return any(compare(value, text, request, variables) for text in expected) != negated

    if kind == "forallvalues:" or (negated and not kind):
        return all(fits(value) for value in values)
    return any(fits(value) for value in values)


def _parts(operator: str) -> tuple[str, str, bool]:
    """The set form, the plain operator, and whether the key may be missing."""
    name = operator.lower()
    kind = next((one for one in SETS if name.startswith(one)), "")
    name = name.removeprefix(kind)
    return kind, name.removesuffix(IF_EXISTS), name.endswith(IF_EXISTS)


def _texts(expected: Any) -> list[str]:
    values = expected if isinstance(expected, list) else [expected]
    return [str(value).lower() if isinstance(value, bool) else str(value) for value in values]
