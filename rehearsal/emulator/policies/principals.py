"""The Principal element: whom a statement of a resource's policy names, and how closely."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import IntEnum
from typing import Any

from rehearsal.emulator.policies.documents import Statement, listed
from rehearsal.emulator.policies.request import Principal

ACCOUNT = re.compile(r"(?:arn:aws[a-z-]*:iam::)?(\d{12})(?::root)?")


class Named(IntEnum):
    """How a statement names the caller, closest last."""

    NOT = 0
    BY_ACCOUNT = 1
    BY_ROLE = 2
    ITSELF = 3


def named(statement: Statement, caller: Principal) -> Named:
    """How the statement names the caller.

    A wildcard names each session and user directly: no boundary and no session policy narrows what it allows.
    NotPrincipal spares only whom it lists in every capacity: a session with its role and its account, a user with its
    account; and nobody who has a permissions boundary. IAM does not support it with Allow.
    """
    if statement.not_principal is None:
        return _closest(statement.principal, caller)
    if statement.effect != "Deny" or _spared(statement.not_principal, caller):
        return Named.NOT
    return Named.ITSELF


def _closest(element: Any, caller: Principal) -> Named:
    if element == "*":
        return Named.ITSELF
    if not isinstance(element, Mapping):
        return Named.NOT
    found = [_by_arn(str(name), caller) for name in listed(element.get("AWS"))]
    if caller.service:
        services = [str(name).lower() for name in listed(element.get("Service"))]
        found.append(Named.ITSELF if caller.service.lower() in services else Named.NOT)
    if caller.arn in listed(element.get("Federated")):
        found.append(Named.ITSELF)
    return max(found, default=Named.NOT)


def _spared(element: Any, caller: Principal) -> bool:
    if caller.bounded:
        return False
    if caller.service or not isinstance(element, Mapping):
        return element == "*" or _closest(element, caller) != Named.NOT
    names = [str(name) for name in listed(element.get("AWS"))]
    capacities = {Named.ITSELF, Named.BY_ACCOUNT} | ({Named.BY_ROLE} if caller.role_arn else set())
    return "*" in names or capacities <= {_by_arn(name, caller) for name in names}


def _by_arn(name: str, caller: Principal) -> Named:
    if name in ("*", caller.arn):
        return Named.ITSELF
    if caller.role_arn and name == caller.role_arn:
        return Named.BY_ROLE
    account = ACCOUNT.fullmatch(name)
    if account is not None and account[1] == caller.account:
        return Named.BY_ACCOUNT
    return Named.NOT
