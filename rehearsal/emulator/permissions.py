"""IAM's answers outside of a request: for service roles, handed-over roles and keys behind objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ministack.core import iam_evaluator
from ministack.services import iam

from rehearsal.emulator import calls, condition_keys, settings
from rehearsal.emulator.evaluation import flat
from rehearsal.emulator.policies.decision import combine, decide, decide_resource
from rehearsal.emulator.policies.documents import parse
from rehearsal.emulator.policies.request import Request

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.core.iam_evaluator": (
        "EvalContext",
        "_POLICY_REQUIRED",
        "_gather_role_policies",
        "_permissions_boundary",
        "_resource_policy",
    ),
    "ministack.services.iam": ("_roles",),
}


@dataclass(frozen=True)
class Question:
    """May this caller do this to that resource?"""

    caller_arn: str
    action: str
    resource_arn: str
    context: Mapping[str, str]


def assumed_role_name(caller_arn: str | None) -> str | None:
    """The role's name in the ARN of an assumed role; None for the account owner and the emulator itself."""
    if not caller_arn or ":assumed-role/" not in caller_arn:
        return None
    return caller_arn.split(":assumed-role/", 1)[1].split("/", 1)[0]


def session_arn(role_arn: str, session_name: str) -> str:
    """The ARN of a session of the role."""
    role_name = role_arn.rsplit("/", 1)[-1]
    return f"arn:aws:sts::{settings.account_id()}:assumed-role/{role_name}/{session_name[:64]}"


def find_role(role_arn: str) -> dict[str, Any] | None:
    """The role's record, or None when no role has this very ARN."""
    role = iam._roles.get(role_arn.rsplit("/", 1)[-1])
    return role if role is not None and role.get("Arn", role_arn) == role_arn else None


def refusal(question: Question) -> str | None:
    """None if IAM allows it, else the reason as AWS writes it. The account owner may do everything."""
    role_name = assumed_role_name(question.caller_arn)
    if role_name is None:
        return None
    decision = _decide(question, role_name)
    reason = None if decision == "Allow" else _reason(question, decision)
    calls.record(question.caller_arn, question.action, question.resource_arn, allowed=reason is None, error=reason)
    return reason


def may(question: Question) -> bool:
    """Tell whether IAM would allow it, where a service only wants to know: nothing is denied, so nothing is logged."""
    role_name = assumed_role_name(question.caller_arn)
    return role_name is None or _decide(question, role_name) == "Allow"


def trusts(role: Mapping[str, Any], service: str) -> bool:
    """Tell whether the role's trust policy lets the service assume it."""
    question = Question(
        service, "sts:AssumeRole", str(role.get("Arn", "*")), {"aws:SourceAccount": settings.account_id()}
    )
    return service_may(role.get("AssumeRolePolicyDocument"), service, question)


def service_may(policy: Any, service: str, question: Question) -> bool:
    """Tell whether a resource's own policy lets an AWS service do the action."""
    return decide_resource(_request(question, "Service", service), parse(policy)) == "Allow"


def _decide(question: Question, role_name: str) -> str:
    request = _request(question, "AssumedRole")
    policies: Any = iam_evaluator._gather_role_policies(role_name, settings.account_id())
    boundary: Any = iam_evaluator._permissions_boundary(iam._roles, role_name, settings.account_id())
    limits = [flat(layer) for layer in boundary]
    decision = decide(request, flat(policies), limits)
    service = question.action.split(":", 1)[0]
    found = iam_evaluator._resource_policy(service, question.resource_arn)
    if found is None:
        return decision
    required = service in iam_evaluator._POLICY_REQUIRED
    return combine(decision, request, parse(found[0]), limits, policy_required=required)


def _reason(question: Question, decision: str) -> str:
    because = (
        "with an explicit deny in an identity-based policy"
        if decision == "Deny"
        else f"because no identity-based policy allows the {question.action} action"
    )
    return (
        f"User: {question.caller_arn} is not authorized to perform: {question.action}"
        f" on resource: {question.resource_arn} {because}"
    )


def _request(question: Question, principal_type: str, service: str = "") -> Request:
    context = iam_evaluator.EvalContext(
        principal_arn=question.caller_arn,
        principal_type=principal_type,
        principal_account="" if service else settings.account_id(),
        action=question.action,
        resource_arn=question.resource_arn,
        region=settings.region(),
        source_ip="127.0.0.1",
        secure_transport=True,
        service_context={key.lower(): value for key, value in question.context.items()},
        principal_keys=condition_keys.session_keys(question.caller_arn),
    )
    return condition_keys.request_of(context, service)
