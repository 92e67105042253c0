"""The tables of this room: what only AWS checks, and what no good day needs."""

import tomllib
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from tests.audit.templates import Grant

FOLDER = Path(__file__).parent
Page = Annotated[str, StringConstraints(pattern=r"^https://docs\.aws\.amazon\.com/.+\.html$")]


class Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Permission(Row):
    """Permissions of roles that only AWS checks."""

    id: str
    roles: tuple[str, ...]
    actions: tuple[str, ...]
    asked: tuple[str, ...] = ()
    resources: tuple[str, ...]
    conditions: tuple[str, ...] = ()
    why: str
    page: Page

    def covers(self, grant: Grant) -> bool:
        return grant.holder in self.roles and grant.action in self.actions and _is_like(self, grant)


class ResourcePolicy(Row):
    """A resource's permission for a service."""

    id: str
    service: str
    actions: tuple[str, ...]
    asked: bool
    resources: tuple[str, ...]
    conditions: tuple[str, ...] = ()
    why: str
    page: Page

    def covers(self, grant: Grant) -> bool:
        return grant.holder == self.service and grant.action in self.actions and _is_like(self, grant)


class Trust(Row):
    """The roles that a service may take up."""

    service: str
    roles: tuple[str, ...]
    page: Page


class LogGroup(Row):
    """A group that a service makes for itself: it never expires, and why it stays so."""

    name: str
    why: str
    page: Page


class Classes(Row):
    """Actions that the rehearsal does nothing for, whoever asks; except roles whose work the rehearsal does."""

    actions: tuple[str, ...]
    excepted_roles: tuple[str, ...]

    def hold(self, grant: Grant) -> bool:
        return grant.holder not in self.excepted_roles and any(fnmatchcase(grant.action, one) for one in self.actions)


class AwsOnly(Row):
    permission: tuple[Permission, ...]
    resource_policy: tuple[ResourcePolicy, ...]
    trust: tuple[Trust, ...]
    log_group: tuple[LogGroup, ...]
    classes: Classes


class Elsewhere(Row):
    """A permission that the good day does not need, and the test of the day that does."""

    roles: tuple[str, ...]
    actions: tuple[str, ...]
    resources: tuple[str, ...] = ()  # patterns of those that the good day leaves alone; none named means all
    when: str
    test: str

    def covers(self, grant: Grant, resource: str) -> bool:
        named = not self.resources or any(fnmatchcase(resource, pattern) for pattern in self.resources)
        return named and grant.holder in self.roles and grant.action in self.actions


def aws_only() -> AwsOnly:
    """The table of permissions that only AWS checks."""
    return AwsOnly.model_validate(tomllib.loads((FOLDER / "aws_only.toml").read_text()))


def elsewhere() -> list[Elsewhere]:
    """The table of permissions that no good day needs."""
    rows = tomllib.loads((FOLDER / "elsewhere.toml").read_text())["permission"]
    return [Elsewhere.model_validate(row) for row in rows]


def _is_like(row: Permission | ResourcePolicy, grant: Grant) -> bool:
    """Everything in the grant is in the row, and everything in the row is in the grant."""
    return _fit(row.resources, grant.resources) and _fit(row.conditions, grant.conditions)


def _fit(patterns: Sequence[str], values: Iterable[str]) -> bool:
    found = list(values)
    return all(any(_matches(pattern, value) for pattern in patterns) for value in found) and all(
        any(_matches(pattern, value) for value in found) for pattern in patterns
    )


def _matches(pattern: str, value: str) -> bool:
    # A star alone is the widest resource there is, not a pattern.
    return value == pattern or ("*" not in (pattern, value) and fnmatchcase(value, pattern))
