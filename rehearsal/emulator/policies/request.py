"""The request that a policy is evaluated against: the caller, the action, the resource and the condition keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Value = str | Sequence[str]


@dataclass(frozen=True)
class Principal:
    """A caller: its own ARN, the ARN of its role if it is a session, its account, whether a permissions boundary is
    attached to the user or role; or the name of an AWS service."""

    arn: str
    account: str = ""
    role_arn: str = ""
    service: str = ""
    bounded: bool = False


@dataclass(frozen=True)
class Request:
    """One question. The names of condition keys are in lower case; a key without a value is left out."""

    principal: Principal
    action: str
    resource: str
    keys: Mapping[str, Value] = field(default_factory=dict)

    def single(self, key: str) -> str | None:
        """The value of a key that has exactly one."""
        value = self.keys.get(key.lower())
        return value if isinstance(value, str) else None
