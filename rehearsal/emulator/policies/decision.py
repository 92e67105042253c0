"""The decision: deny before allow, then identity, boundary, session and resource policies as they add up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from rehearsal.emulator.policies.documents import Statement
from rehearsal.emulator.policies.principals import Named, named
from rehearsal.emulator.policies.request import Request

Decision = Literal["Allow", "Deny", "ImplicitDeny"]
Layer = Sequence[Statement]


def decide(request: Request, identity: Layer, limits: Iterable[Layer] = ()) -> Decision:
    """What identity policies come to, where each limit (a boundary, the session policies) must allow it as well."""
    layers = [identity, *limits]
    if any(_has(layer, "Deny", request) for layer in layers):
        return "Deny"
    return "Allow" if all(_has(layer, "Allow", request) for layer in layers) else "ImplicitDeny"


def decide_resource(request: Request, policy: Layer) -> Decision:
    """What a resource's own policy says on its own; an account that it names stands for all its principals."""
    if _named(policy, "Deny", request):
        return "Deny"
    return "Allow" if _named(policy, "Allow", request) else "ImplicitDeny"


def combine(
    identity: Decision,
    request: Request,
    policy: Layer,
    limits: Iterable[Layer] = (),
    *,
    same_account: bool = True,
    policy_required: bool = False,
) -> Decision:
    """What both come to. In one account either allows, but a statement that names the account leaves it to identity
    policies, and a key's policy (`policy_required`) must allow in any case. Between accounts both must allow.

    A limit narrows what the resource's policy allows, unless it names the user or the session itself, or everybody.
    """
    closest = _named(policy, "Allow", request)
    if identity == "Deny" or _named(policy, "Deny", request):
        return "Deny"
    if identity == "Allow":
        return "Allow" if closest or (same_account and not policy_required) else "ImplicitDeny"
    if not same_account or closest in (Named.NOT, Named.BY_ACCOUNT):
        return "ImplicitDeny"
    if closest == Named.ITSELF or all(_has(layer, "Allow", request) for layer in limits):
        return "Allow"
    return "ImplicitDeny"


def _has(layer: Layer, effect: str, request: Request) -> bool:
    return any(one.effect == effect and one.speaks_of(request) for one in layer)


def _named(policy: Layer, effect: str, request: Request) -> Named:
    """How closely the statements with this effect that speak of the request name the caller."""
    speaking = [one for one in policy if one.effect == effect and one.speaks_of(request)]
    return max((named(one, request.principal) for one in speaking), default=Named.NOT)
