"""The settings of a bucket, each put by the bucket's own operation in the form that a client would send."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from botocore.serialize import create_serializer
from ministack.services import s3

from rehearsal.emulator.cloudformation.models import service_model
from rehearsal.emulator.cloudformation.registry import (
    Properties,
    ResourceRefused,
    as_bool,
    check_properties,
    tag_list,
)

PROPERTIES = (
    "AccessControl",
    "BucketEncryption",
    "LifecycleConfiguration",
    "LoggingConfiguration",
    "OwnershipControls",
    "Tags",
)
RULE_PROPERTIES = (
    "AbortIncompleteMultipartUpload",
    "ExpirationInDays",
    "ExpiredObjectDeleteMarker",
    "Id",
    "NoncurrentVersionExpiration",
    "NoncurrentVersionTransitions",
    "Prefix",
    "Status",
    "TagFilters",
    "Transitions",
)

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.s3": (
        "_bucket_logging_config",
        "_delete_bucket_encryption",
        "_delete_bucket_lifecycle",
        "_delete_bucket_ownership_controls",
        "_delete_bucket_tagging",
        "_put_bucket_encryption",
        "_put_bucket_lifecycle",
        "_put_bucket_logging",
        "_put_bucket_ownership_controls",
        "_put_bucket_tagging",
    ),
}


def configure(name: str, old: Properties, new: Properties) -> None:
    """Bring the bucket from the old properties to the new ones."""
    if new.get("AccessControl", "Private") != "Private":
        raise ResourceRefused(f"Bucket {name}: the rehearsal has no AccessControl but Private")
    steps: tuple[tuple[str, Callable[[Any], bytes], Callable[..., Any], Callable[..., Any]], ...] = (
        ("BucketEncryption", _encryption, s3._put_bucket_encryption, s3._delete_bucket_encryption),
        ("LifecycleConfiguration", _lifecycle, s3._put_bucket_lifecycle, s3._delete_bucket_lifecycle),
        ("OwnershipControls", _ownership, s3._put_bucket_ownership_controls, s3._delete_bucket_ownership_controls),
        ("LoggingConfiguration", _logging, s3._put_bucket_logging, _forget_logging),
        ("Tags", _tagging, s3._put_bucket_tagging, s3._delete_bucket_tagging),
    )
    for prop, to_xml, put, remove in steps:
        if new.get(prop):
            status, _headers, body = put(name, to_xml(new[prop]))
            if status >= 400:
                raise ResourceRefused(f"Bucket {name}, {prop}: {body!r}")
        elif old.get(prop):
            remove(name)


def _forget_logging(name: str) -> None:
    s3._bucket_logging_config.pop(name, None)


def _xml(operation: str, member: str, value: Mapping[str, Any]) -> bytes:
    """The body that a client sends for this operation."""
    model = service_model("s3")
    request = create_serializer(model.metadata["protocol"], include_validation=True).serialize_to_request(
        {"Bucket": "bucket", member: value}, model.operation_model(operation)
    )
    body = request["body"]
    return body if isinstance(body, bytes) else str(body).encode()


def _encryption(value: Mapping[str, Any]) -> bytes:
    check_properties("BucketEncryption", value, ("ServerSideEncryptionConfiguration",))
    rules = []
    for rule in value["ServerSideEncryptionConfiguration"]:
        check_properties("ServerSideEncryptionRule", rule, ("BucketKeyEnabled", "ServerSideEncryptionByDefault"))
        converted: dict[str, Any] = {"ApplyServerSideEncryptionByDefault": dict(rule["ServerSideEncryptionByDefault"])}
        if "BucketKeyEnabled" in rule:
            converted["BucketKeyEnabled"] = as_bool(rule["BucketKeyEnabled"])
        rules.append(converted)
    return _xml("PutBucketEncryption", "ServerSideEncryptionConfiguration", {"Rules": rules})


def _lifecycle(value: Mapping[str, Any]) -> bytes:
    check_properties("LifecycleConfiguration", value, ("Rules",))
    rules = [_rule(rule) for rule in value["Rules"]]
    return _xml("PutBucketLifecycleConfiguration", "LifecycleConfiguration", {"Rules": rules})


def _rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    check_properties("LifecycleRule", rule, RULE_PROPERTIES)
    converted: dict[str, Any] = {"Status": rule["Status"], "Filter": _filter(rule)}
    if "Id" in rule:
        converted["ID"] = rule["Id"]
    expiration: dict[str, Any] = {}
    if "ExpirationInDays" in rule:
        expiration["Days"] = int(rule["ExpirationInDays"])
    if as_bool(rule.get("ExpiredObjectDeleteMarker", False)):
        expiration["ExpiredObjectDeleteMarker"] = True
    if expiration:
        converted["Expiration"] = expiration
    for key in ("NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"):
        if key in rule:
            converted[key] = {name: int(number) for name, number in rule[key].items()}
    if rule.get("Transitions"):
        converted["Transitions"] = [
            {"StorageClass": step["StorageClass"], "Days": int(step["TransitionInDays"])}
            for step in rule["Transitions"]
        ]
    if rule.get("NoncurrentVersionTransitions"):
        converted["NoncurrentVersionTransitions"] = [
            {"StorageClass": step["StorageClass"], "NoncurrentDays": int(step["TransitionInDays"])}
            for step in rule["NoncurrentVersionTransitions"]
        ]
    return converted


def _filter(rule: Mapping[str, Any]) -> dict[str, Any]:
    tags = tag_list(rule.get("TagFilters"))
    prefix = str(rule.get("Prefix", ""))
    if not tags:
        return {"Prefix": prefix}
    if len(tags) == 1 and not prefix:
        return {"Tag": tags[0]}
    return {"And": {"Prefix": prefix, "Tags": tags}}


def _ownership(value: Mapping[str, Any]) -> bytes:
    check_properties("OwnershipControls", value, ("Rules",))
    return _xml("PutBucketOwnershipControls", "OwnershipControls", {"Rules": [dict(rule) for rule in value["Rules"]]})


def _logging(value: Mapping[str, Any]) -> bytes:
    check_properties("LoggingConfiguration", value, ("DestinationBucketName", "LogFilePrefix"))
    target = {
        "TargetBucket": value["DestinationBucketName"],
        "TargetPrefix": value.get("LogFilePrefix", ""),
    }
    return _xml("PutBucketLogging", "BucketLoggingStatus", {"LoggingEnabled": target})


def _tagging(value: Any) -> bytes:
    return _xml("PutBucketTagging", "Tagging", {"TagSet": tag_list(value)})
