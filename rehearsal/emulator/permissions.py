"""What IAM would answer, asked outside of a request: for service roles, handed-over roles and keys behind objects."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ministack.core import iam_evaluator
from ministack.services import iam

from rehearsal.emulator import calls, settings

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.core.iam_evaluator": (
        "EvalContext",
        "EvalResult",
        "_POLICY_REQUIRED",
        "_conditions_met",
        "_gather_role_policies",
        "_permissions_boundary",
        "_resource_policy",
        "_service_principal_matches",
        "combine_resource_policy",
        "evaluate",
        "evaluate_resource_policy",
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


def trusts(role: Mapping[str, Any], service: str) -> bool:
    """Whether the role's trust policy lets the service assume it."""
    document = role.get("AssumeRolePolicyDocument") or {}
    trust = json.loads(document) if isinstance(document, str) else document
    statements = trust.get("Statement", [])
    statements = [statements] if isinstance(statements, dict) else statements
    matching = [statement for statement in statements if _speaks_of(statement, service, str(role.get("Arn", "*")))]
    return bool(matching) and all(statement.get("Effect") == "Allow" for statement in matching)


def service_may(policy: Any, service: str, question: Question) -> bool:
    """Whether a resource's own policy lets an AWS service do the action."""
    if not policy:
        return False
    result = iam_evaluator.evaluate_resource_policy(policy, _context(question, "Service"), service=service)
    return result.decision == "Allow"


def _decide(question: Question, role_name: str) -> str:
    context = _context(question, "AssumedRole")
    policies = iam_evaluator._gather_role_policies(role_name, settings.account_id())
    limits = iam_evaluator._permissions_boundary(iam._roles, role_name, settings.account_id())
    result = iam_evaluator.evaluate(context, policies, *limits)
    service = question.action.split(":", 1)[0]
    found = iam_evaluator._resource_policy(service, question.resource_arn)
    if found is not None:
        required = service in iam_evaluator._POLICY_REQUIRED
        result = iam_evaluator.combine_resource_policy(result, context, *found, required=required, limits=tuple(limits))
    return result.decision


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


def _context(question: Question, principal_type: str) -> Any:
    return iam_evaluator.EvalContext(
        principal_arn=question.caller_arn,
        principal_type=principal_type,
        principal_account=settings.account_id(),
        action=question.action,
        resource_arn=question.resource_arn,
        region=settings.region(),
        source_ip="127.0.0.1",
        secure_transport=True,
        service_context={key.lower(): value for key, value in question.context.items()},
        principal_keys={},
    )


def _speaks_of(statement: Mapping[str, Any], service: str, role_arn: str) -> bool:
    actions = statement.get("Action", [])
    actions = [actions] if isinstance(actions, str) else actions
    if not any(action in ("sts:AssumeRole", "sts:*", "*") for action in actions):
        return False
    if not iam_evaluator._service_principal_matches(statement.get("Principal"), service):
        return False
    question = Question(service, "sts:AssumeRole", role_arn, {"aws:SourceAccount": settings.account_id()})
    return iam_evaluator._conditions_met(statement.get("Condition", {}), _context(question, "Service"))
