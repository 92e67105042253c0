"""EventBridge's deliveries: what a target gets, and only if its policy, permission or role lets EventBridge in."""

from __future__ import annotations

import json
import logging
from typing import Any

from ministack.core.arn import parse_arn
from ministack.core.iam_evaluator import _resource_policy
from ministack.services import eventbridge, lambda_svc, sns

from rehearsal.emulator import calls, event_payloads, permissions, sessions, settings

PRINCIPAL = "events.amazonaws.com"
ACTIONS = {
    "sqs": "sqs:SendMessage",
    "sns": "sns:Publish",
    "lambda": "lambda:InvokeFunction",
    "states": "states:StartExecution",
}

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.core.iam_evaluator": ("_resource_policy",),
    "ministack.services.eventbridge": (
        "_dispatch_to_sqs",
        "_dispatch_to_stepfunctions",
        "_invoke_target",
        "_pattern_event_view",
    ),
    "ministack.services.lambda_svc": (
        "_execution_record_for_config",
        "_get_func_record_for_ref",
        "invoke_async_with_retry",
    ),
    "ministack.services.sns": ("publish_internal",),
}

logger = logging.getLogger("rehearsal")


def install() -> None:
    """Ask before every delivery, and deliver what EventBridge would."""
    eventbridge._invoke_target = deliver


def deliver(target: dict[str, Any], event: dict[str, Any], rule: dict[str, Any], view: Any = None) -> None:
    """Hand the event to one target of a rule that it matches."""
    denied = refusal(target, rule)
    if denied:
        logger.warning("EventBridge does not deliver: %s", denied)
        return
    view = view or eventbridge._pattern_event_view(event)
    text = event_payloads.payload(target, view.event_with_detail(), rule)
    try:
        _dispatch(target, text)
    except Exception:
        logger.exception("EventBridge could not deliver to %s", target["Arn"])


def _dispatch(target: dict[str, Any], text: str) -> None:
    place = parse_arn(target["Arn"])
    if place.service == "sqs":
        eventbridge._dispatch_to_sqs(place, text, target.get("SqsParameters") or {})
    elif place.service == "sns":
        sns.publish_internal(target["Arn"], text, "")
    elif place.service == "states":
        eventbridge._dispatch_to_stepfunctions(target["Arn"], text)
    else:
        # A function is invoked asynchronously: tried again, and in the end its dead letters.
        record, config, name = lambda_svc._get_func_record_for_ref(target["Arn"])
        if record is None or config is None:
            logger.warning("EventBridge does not deliver: there is no function %s", name)
            return
        lambda_svc.invoke_async_with_retry(lambda_svc._execution_record_for_config(record, config), json.loads(text))


def refusal(target: dict[str, Any], rule: dict[str, Any]) -> str | None:
    """The reason why EventBridge may not deliver to the target, or None. Every answer is in the call log."""
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
