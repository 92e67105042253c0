"""EventBridge delivers only what the target lets it: a queue's or topic's policy, a function's permission, a role."""

from __future__ import annotations

import logging
from typing import Any

from ministack.core.arn import parse_arn
from ministack.core.iam_evaluator import _resource_policy
from ministack.services import eventbridge

from rehearsal.emulator import calls, permissions, sessions, settings

PRINCIPAL = "events.amazonaws.com"
ACTIONS = {
    "sqs": "sqs:SendMessage",
    "sns": "sns:Publish",
    "lambda": "lambda:InvokeFunction",
    "states": "states:StartExecution",
}

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.core.iam_evaluator": ("_resource_policy",),
    "ministack.services.eventbridge": ("_invoke_target",),
}

logger = logging.getLogger("rehearsal")


def install() -> None:
    """Ask before every delivery."""
    invoke = eventbridge._invoke_target

    def permitted(target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], *more: Any) -> None:
        denied = refusal(target, rule)
        if denied:
            logger.warning("EventBridge does not deliver: %s", denied)
            return
        invoke(target, event, rule, *more)

    eventbridge._invoke_target = permitted


def refusal(target: dict[str, Any], rule: dict[str, Any]) -> str | None:
    """Why EventBridge may not deliver to the target, or None. Every answer is in the call log."""
    arn = target["Arn"]
    service = parse_arn(arn).service
    action = ACTIONS.get(service)
    if action is None:
        return f"the rehearsal has no EventBridge target for {service}"
    if service == "states":
        return _role_refusal(target, arn, rule)
    question = permissions.Question(PRINCIPAL, action, arn, _context(rule))
    found = _resource_policy(service, arn)
    allowed = found is not None and permissions.service_may(found[0], PRINCIPAL, question)
    reason = None if allowed else f"the policy of {arn} does not let {PRINCIPAL} do {action} for {rule.get('Arn')}"
    calls.record(PRINCIPAL, action, arn, allowed=allowed, error=reason)
    return reason


def _role_refusal(target: dict[str, Any], arn: str, rule: dict[str, Any]) -> str | None:
    role = target.get("RoleArn", "")
    try:
        sessions.check_trust(role, PRINCIPAL)
    except sessions.RoleError as error:
        return str(error)
    caller = permissions.session_arn(role, str(rule.get("Name", "rule")))
    return permissions.refusal(permissions.Question(caller, ACTIONS["states"], arn, {}))


def _context(rule: dict[str, Any]) -> dict[str, str]:
    return {"aws:SourceArn": str(rule.get("Arn", "")), "aws:SourceAccount": settings.account_id()}
