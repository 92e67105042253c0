"""Policy documents as statements, and whether a statement speaks of a request."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.emulator.policies import conditions, patterns
from rehearsal.emulator.policies.request import Request

WITH_VARIABLES = "2012-10-17"


@dataclass(frozen=True)
class Statement:
    """One statement. An element and its Not form exclude each other; a principal is there in resource policies only."""

    effect: str
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    conditions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    principal: Any = None
    not_principal: Any = None
    variables: bool = False
    sid: str = ""

    def speaks_of(self, request: Request) -> bool:
        """Whether action, resource and conditions fit the request."""
        return (
            self._acts(request) and self._reaches(request) and conditions.met(self.conditions, request, self.variables)
        )

    def _acts(self, request: Request) -> bool:
        listed = self.actions or self.not_actions
        found = any(patterns.glob(action, re.IGNORECASE).fullmatch(request.action) for action in listed)
        return found == bool(self.actions)

    def _reaches(self, request: Request) -> bool:
        """A resource policy of a role has no Resource: it is about the role."""
        listed = self.resources or self.not_resources
        if not listed:
            return True
        found = any(patterns.resource_matches(request.resource, one, request, self.variables) for one in listed)
        return found == bool(self.resources)


def parse(document: Any) -> list[Statement]:
    """The statements of a document, given as text or parsed; what is no document has none."""
    if isinstance(document, str | bytes):
        try:
            document = json.loads(document)
        except ValueError:
            return []
    if not isinstance(document, Mapping):
        return []
    variables = document.get("Version") == WITH_VARIABLES
    return [_statement(one, variables) for one in listed(document.get("Statement")) if isinstance(one, Mapping)]


def listed(value: Any) -> list[Any]:
    """A value that stands alone or in a list, as a list."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple) else [value]


def _statement(raw: Mapping[str, Any], variables: bool) -> Statement:
    return Statement(
        effect=str(raw.get("Effect", "")),
        actions=_texts(raw.get("Action")),
        not_actions=_texts(raw.get("NotAction")),
        resources=_texts(raw.get("Resource")),
        not_resources=_texts(raw.get("NotResource")),
        conditions=raw.get("Condition") or {},
        principal=raw.get("Principal"),
        not_principal=raw.get("NotPrincipal"),
        variables=variables,
        sid=str(raw.get("Sid", "")),
    )


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(str(one) for one in listed(value))
