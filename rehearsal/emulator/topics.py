"""Topics under a customer key, and alarms that reach a topic only if its policy and its key let CloudWatch in."""

from __future__ import annotations

import logging
from typing import Any

from ministack.services import cloudwatch, kms, sns

from rehearsal.emulator import calls, permissions, sessions, settings

ALARMS = "cloudwatch.amazonaws.com"
KEY_ACTIONS = ("kms:GenerateDataKey", "kms:Decrypt")

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.cloudwatch": ("_dispatch_alarm_actions",),
    "ministack.services.kms": ("_resolve_key", "key_policy_for_arn"),
    "ministack.services.sns": ("_error", "_normalize_arn", "_p", "_publish", "_topics", "topic_policy_for_arn"),
}

logger = logging.getLogger("rehearsal")


def install() -> None:
    """Ask before an alarm publishes and before a role publishes to an encrypted topic."""
    dispatch, publish = cloudwatch._dispatch_alarm_actions, sns._publish

    def dispatched(alarm: dict[str, Any], old_state: str, new_state: str, reason: str) -> None:
        fields = ("AlarmActions", "OKActions", "InsufficientDataActions")
        heard = {field: [arn for arn in alarm.get(field) or [] if _alarm_may(alarm, arn)] for field in fields}
        dispatch({**alarm, **heard}, old_state, new_state, reason)

    def published(parameters: Any) -> Any:
        topic = sns._normalize_arn(sns._p(parameters, "TopicArn") or sns._p(parameters, "TargetArn"))
        denied = _key_refusal(topic)
        return sns._error("KMSAccessDenied", denied, 400) if denied else publish(parameters)

    cloudwatch._dispatch_alarm_actions = dispatched
    sns._publish = published


def alarm_refusal(topic_arn: str, alarm_arn: str) -> str | None:
    """The reason why CloudWatch may not publish an alarm to the topic, or None."""
    context = {"aws:SourceArn": alarm_arn, "aws:SourceAccount": settings.account_id()}
    found = sns.topic_policy_for_arn(topic_arn)
    question = permissions.Question(ALARMS, "sns:Publish", topic_arn, context)
    if found is None:
        return f"there is no topic {topic_arn}"
    if not permissions.service_may(found[0], ALARMS, question):
        return f"the policy of {topic_arn} does not let {ALARMS} publish"
    key_arn = _key_arn(topic_arn)
    policy = kms.key_policy_for_arn(key_arn) if key_arn else None
    for action in KEY_ACTIONS if key_arn else ():
        wanted = permissions.Question(ALARMS, action, str(key_arn), context)
        if policy is None or not permissions.service_may(policy[0], ALARMS, wanted):
            return f"the policy of {key_arn} does not let {ALARMS} do {action}"
    return None


def _alarm_may(alarm: dict[str, Any], topic_arn: str) -> bool:
    reason = alarm_refusal(topic_arn, str(alarm.get("AlarmArn", "")))
    calls.record(ALARMS, "sns:Publish", topic_arn, allowed=reason is None, error=reason)
    if reason:
        logger.warning("alarm %s is not published: %s", alarm.get("AlarmName"), reason)
    return reason is None


def _key_refusal(topic_arn: str) -> str | None:
    """The reason why the caller may not use the topic's key, if it has one."""
    key_arn, caller = _key_arn(topic_arn), sessions.current_caller_arn()
    if key_arn is None or caller is None:
        return None
    context = {"kms:ViaService": f"sns.{settings.region()}.amazonaws.com", "kms:CallerAccount": settings.account_id()}
    for action in KEY_ACTIONS:
        reason = permissions.refusal(permissions.Question(caller, action, key_arn, context))
        if reason:
            return reason
    return None


def _key_arn(topic_arn: str) -> str | None:
    topic = sns._topics.get(topic_arn)
    key = (topic or {}).get("attributes", {}).get("KmsMasterKeyId")
    record = kms._resolve_key(key) if key else None
    return str(record["Arn"]) if record else None
