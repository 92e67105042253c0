"""What the emulator's evaluator decides about a generated case."""

from __future__ import annotations

from rehearsal.emulator.policies.decision import Decision, combine, decide
from rehearsal.emulator.policies.documents import parse
from rehearsal.emulator.policies.request import Principal, Request
from tests.conformance.policies import ACCOUNT, ROLE, SESSION, Case


def decision(case: Case) -> Decision:
    """Allow, Deny or ImplicitDeny."""
    role = ROLE if case.principal == SESSION else ""
    principal = Principal(case.principal, ACCOUNT, role, bounded=case.boundary is not None)
    request = Request(principal, case.action, case.resource, {key.lower(): value for key, value in case.keys.items()})
    identity = [statement for document in case.identity for statement in parse(document)]
    limits = [parse(document) for document in (case.boundary, case.session) if document is not None]
    result = decide(request, identity, limits)
    if case.resource_policy is None:
        return result
    required = case.action.startswith("kms:")
    return combine(result, request, parse(case.resource_policy), limits, policy_required=required)
