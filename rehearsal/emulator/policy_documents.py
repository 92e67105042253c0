"""Policy documents in requests: what AWS calls malformed is refused when it is put, as each service refuses it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core import iam_evaluator
from ministack.services import iam, kms, s3, sns, sqs, sts

from rehearsal.emulator.policies.grammar import Fault, Kind, fault

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.core.iam_evaluator": ("validate_policy_document",),
    "ministack.services.iam": ("_IAM_HANDLERS", "_error", "_p"),
    "ministack.services.kms": ("_create_key", "_put_key_policy", "_replicate_key", "error_response_json"),
    "ministack.services.s3": ("_error", "_put_bucket_policy"),
    "ministack.services.sns": ("_create_topic", "_error", "_p", "_set_topic_attributes"),
    "ministack.services.sqs": ("_Err", "_HANDLERS"),
    "ministack.services.sts": ("validate_policy_document",),
}

# IAM's actions that bring a document: the parameter, and what the document is for.
IAM_DOCUMENTS = {
    "CreatePolicy": ("PolicyDocument", Kind.MANAGED),
    "CreatePolicyVersion": ("PolicyDocument", Kind.MANAGED),
    "CreateRole": ("AssumeRolePolicyDocument", Kind.TRUST),
    "PutGroupPolicy": ("PolicyDocument", Kind.INLINE),
    "PutRolePolicy": ("PolicyDocument", Kind.INLINE),
    "PutUserPolicy": ("PolicyDocument", Kind.INLINE),
    "UpdateAssumeRolePolicy": ("PolicyDocument", Kind.TRUST),
}
# SQS and SNS do not say what is wrong: the log does.
QUEUE_REFUSAL = "Invalid value for the parameter Policy."
TOPIC_REFUSAL = "Invalid parameter: Policy Error: null"

logger = logging.getLogger("rehearsal")


def install() -> None:
    """Check before ministack stores. Its own check of IAM's documents gives way."""
    iam_evaluator.validate_policy_document = sts.validate_policy_document = _refusal_of_inline
    for action, (parameter, kind) in IAM_DOCUMENTS.items():
        iam._IAM_HANDLERS[action] = _iam_checked(iam._IAM_HANDLERS[action], parameter, kind)
    for name in ("_create_key", "_put_key_policy", "_replicate_key"):
        setattr(kms, name, _key_checked(getattr(kms, name)))
    s3._put_bucket_policy = _bucket_checked(s3._put_bucket_policy)
    for action in ("CreateQueue", "SetQueueAttributes"):
        sqs._HANDLERS[action] = _queue_checked(sqs._HANDLERS[action])
    sns._create_topic, sns._set_topic_attributes = map(_topic_checked, (sns._create_topic, sns._set_topic_attributes))


def checked(document: Any, kind: Kind, where: str) -> Fault | None:
    """The document's fault, told in the log as well, since AWS's sentences seldom name the place."""
    found = fault(document, kind)
    if found is not None:
        logger.warning("%s: malformed policy: %s", where, found)
    return found


def _refusal_of_inline(document: Any) -> str | None:
    found = checked(document, Kind.INLINE, "a policy")
    return None if found is None else found.message


def _iam_checked(handle: Callable[..., Any], parameter: str, kind: Kind) -> Callable[..., Any]:
    def handled(parameters: Any) -> Any:
        found = checked(iam._p(parameters, parameter), kind, f"{parameter} of {kind.value}")
        if found is not None:
            return iam._error(400, "MalformedPolicyDocument", found.message, ns="iam")
        return handle(parameters)

    return handled


def _key_checked(handle: Callable[[Mapping[str, Any]], Any]) -> Callable[[Mapping[str, Any]], Any]:
    def handled(data: Mapping[str, Any]) -> Any:
        found = checked(data["Policy"], Kind.RESOURCE, "a key") if data.get("Policy") else None
        if found is not None:
            return kms.error_response_json("MalformedPolicyDocumentException", str(found), 400)
        return handle(data)

    return handled


def _bucket_checked(handle: Callable[[str, bytes], Any]) -> Callable[[str, bytes], Any]:
    def handled(name: str, body: bytes) -> Any:
        found = checked(body, Kind.RESOURCE, f"bucket {name}")
        return s3._error("MalformedPolicy", str(found), 400) if found is not None else handle(name, body)

    return handled


def _queue_checked(handle: Callable[..., Any]) -> Callable[..., Any]:
    def handled(data: Mapping[str, Any], url: str) -> Any:
        policy = (data.get("Attributes") or {}).get("Policy")
        if policy and checked(policy, Kind.RESOURCE, "a queue") is not None:
            raise sqs._Err("InvalidAttributeValue", QUEUE_REFUSAL)
        return handle(data, url)

    return handled


def _topic_checked(handle: Callable[..., Any]) -> Callable[..., Any]:
    def handled(parameters: Any) -> Any:
        policy = _topic_policy(parameters)
        if policy and checked(policy, Kind.RESOURCE, "a topic") is not None:
            return sns._error("InvalidParameter", TOPIC_REFUSAL, 400)
        return handle(parameters)

    return handled


def _topic_policy(parameters: Any) -> str:
    if sns._p(parameters, "AttributeName") == "Policy":
        return str(sns._p(parameters, "AttributeValue"))
    number = 1
    while name := sns._p(parameters, f"Attributes.entry.{number}.key"):
        if name == "Policy":
            return str(sns._p(parameters, f"Attributes.entry.{number}.value"))
        number += 1
    return ""
