"""Permissions that roles were seen to use, action by action and resource by resource."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from tests.audit.tables import Elsewhere, Permission
from tests.audit.templates import Grant, Statement, as_list, grants_of, shape

Calls = Mapping[str, Iterable[str]]  # action -> the resources that IAM was asked about and allowed


@dataclass(frozen=True)
class Allowance:
    """One action of one statement on one of its resources, and whether a call touched it."""

    grant: Grant
    resource: str
    used: bool

    def __str__(self) -> str:
        return f"{self.grant.holder}: {self.grant.action} on {self.resource}"


def allowances(role: Any, designed: Statement, deployed: Statement, stage: str, calls: Calls) -> Iterator[Allowance]:
    """Every action of a statement on each of its resources: as the template writes it, and as it is deployed."""
    shapes = [shape(resource, stage) for resource in as_list(designed["Resource"])]
    patterns = list(zip(shapes, as_list(deployed["Resource"]), strict=True))
    for grant in grants_of(role, designed, stage):
        touched = list(calls.get(grant.action, ()))
        for name, pattern in patterns:
            yield Allowance(grant, name, any(fnmatchcase(resource, pattern) for resource in touched))


def over_granted(
    found: Iterable[Allowance], aws_only: Sequence[Permission], elsewhere: Sequence[Elsewhere]
) -> list[str]:
    """Permissions that were never used and that no table excuses.

    A row of what only AWS checks excuses no action that it calls asked.
    """
    return sorted(
        str(one)
        for one in found
        if not one.used
        and not any(row.covers(one.grant) and one.grant.action not in row.asked for row in aws_only)
        and not any(row.covers(one.grant, one.resource) for row in elsewhere)
    )


def asked_otherwise(found: Sequence[Allowance], aws_only: Sequence[Permission]) -> list[str]:
    """Actions that a row calls asked and nobody asked for, or the other way round."""
    return sorted(
        f"{row.id}: {one} was {'' if one.used else 'not '}asked for"
        for row in aws_only
        for one in found
        if row.covers(one.grant) and one.used is not (one.grant.action in row.asked)
    )
