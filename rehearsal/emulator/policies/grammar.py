"""What AWS calls malformed in a policy document, in IAM's order and words where these are known.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html, and the documents with AWS's
answers in tests/conformance/recorded/iam.toml.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from rehearsal.emulator.policies import conditions, elements
from rehearsal.emulator.policies.documents import WITH_VARIABLES, listed

VERSIONS = ("2008-10-17", WITH_VARIABLES)
SYNTAX = "Syntax errors in policy."
LEGACY = "The policy failed legacy parsing"


class Kind(Enum):
    """What a document is for: whose policy it is decides which elements it must and may not have."""

    INLINE = "inline"
    MANAGED = "managed"
    TRUST = "trust"
    RESOURCE = "resource"


@dataclass(frozen=True)
class Fault:
    """AWS's sentence, and where the fault is and what would be allowed."""

    message: str
    cause: str

    def __str__(self) -> str:
        return f"{self.message} ({self.cause})"


Statements = list[tuple[str, Mapping[str, Any]]]
Rule = Callable[[Kind, Statements], Fault | None]


def fault(document: Any, kind: Kind) -> Fault | None:
    """The first fault of a document, given as text or parsed; None for one that AWS takes."""
    if isinstance(document, str | bytes):
        try:
            document = json.loads(document)
        except (ValueError, RecursionError):
            message = "This policy contains invalid Json" if kind is Kind.TRUST else SYNTAX
            return Fault(message, "it is no JSON")
    cause = _syntax(document)
    if cause is not None:
        return Fault(SYNTAX, cause)
    version = document.get("Version")
    if kind is Kind.MANAGED and version != WITH_VARIABLES:
        cause = f"Version is {version!r}"
        return Fault(f"Policy document must be version {WITH_VARIABLES} or greater.", cause)
    statements = _statements(document)
    return next((found for rule in RULES if (found := rule(kind, statements)) is not None), None)


def _syntax(document: Any) -> str | None:
    if not isinstance(document, Mapping):
        return "it is no JSON object"
    if unknown := sorted(set(document) - {"Version", "Id", "Statement"}):
        return f"unknown element {unknown[0]}; there are Version, Id and Statement"
    if document.get("Version", VERSIONS[0]) not in VERSIONS:
        return f"Version is {document['Version']!r}; there are {' and '.join(VERSIONS)}"
    if not isinstance(document.get("Id", ""), str):
        return "Id is no text"
    statements = document.get("Statement")
    if not isinstance(statements, Mapping | list) or not statements:
        return "it has no Statement"
    found = (elements.problem(statement, where) for where, statement in _numbered(statements))
    return next((problem for problem in found if problem is not None), None)


def _numbered(statements: Any) -> Iterator[tuple[str, Any]]:
    return ((f"Statement[{index}]", one) for index, one in enumerate(listed(statements)))


def _statements(document: Mapping[str, Any]) -> Statements:
    return list(_numbered(document["Statement"]))


def _principals(kind: Kind, statements: Statements) -> Fault | None:
    for where, one in statements:
        named = next((name for name in ("Principal", "NotPrincipal") if name in one), None)
        if kind in (Kind.INLINE, Kind.MANAGED):
            if named is not None:
                return Fault("Policy document should not specify a principal.", f"{where} has {named}")
        elif named is None or not elements.names_anybody(one[named]):
            return Fault("Missing required field Principal", where)
        if kind is Kind.TRUST and {"Resource", "NotResource"} & set(one):
            return Fault("Has prohibited field Resource", f"{where}: a trust policy is about its own role")
    return None


def _legacy(kind: Kind, statements: Statements) -> Fault | None:
    for where, one in statements:
        if one["Effect"] not in ("Allow", "Deny"):
            return Fault(LEGACY, f"{where}: Effect is {one['Effect']!r}; write Allow or Deny")
        for operator, key, value in elements.compared_values(one.get("Condition") or {}):
            if "date" in operator.lower() and not conditions.is_date(str(value)):
                return Fault(LEGACY, f"{where}: {operator} of {key} wants a date, not {value!r}")
    if any(elements.resource_fault(text) for _where, text in _resources(statements)):
        return None
    for where, text in _resources(statements):
        if elements.is_cut_off(text):
            return Fault(LEGACY, f"{where}: {text} is no whole ARN")
    return None


def _ids(kind: Kind, statements: Statements) -> Fault | None:
    seen: set[str] = set()
    for where, one in statements:
        if one.get("Sid") in seen:
            return Fault("Statement IDs (SID) in a single policy must be unique.", f"{where}: {one['Sid']}")
        seen |= {one["Sid"]} if "Sid" in one else set()
    return None


def _presence(*names: str, message: str, exempt: Kind | None = None) -> Rule:
    def rule(kind: Kind, statements: Statements) -> Fault | None:
        bare = (where for where, one in statements if not any(listed(one.get(name)) for name in names))
        where = None if kind is exempt else next(bare, None)
        return None if where is None else Fault(message, f"{where} has no {' and no '.join(names)}")

    return rule


def _resource_format(kind: Kind, statements: Statements) -> Fault | None:
    found = ((where, elements.resource_fault(text)) for where, text in _resources(statements))
    return next((Fault(message, where) for where, message in found if message is not None), None)


def _action_format(kind: Kind, statements: Statements) -> Fault | None:
    for where, one in statements:
        for action in (*listed(one.get("Action")), *listed(one.get("NotAction"))):
            message = elements.action_fault(action)
            if message is not None:
                return Fault(message, f"{where}: {action!r}")
    return None


def _resources(statements: Statements) -> Iterator[tuple[str, str]]:
    for where, one in statements:
        yield from ((where, text) for name in ("Resource", "NotResource") for text in listed(one.get(name)))


RULES: tuple[Rule, ...] = (
    _principals,
    _legacy,
    _ids,
    _presence("Action", "NotAction", message="Policy statement must contain actions."),
    _resource_format,
    _action_format,
    _presence("Resource", "NotResource", message="Policy statement must contain resources.", exempt=Kind.TRUST),
)
