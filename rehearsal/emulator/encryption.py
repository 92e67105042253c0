"""Objects under a customer key: who writes one needs kms:GenerateDataKey, who reads one needs kms:Decrypt."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from ministack import app
from ministack.services import s3

from rehearsal.emulator import permissions, sessions, settings

ALGORITHM = "x-amz-server-side-encryption"
KEY = "x-amz-server-side-encryption-aws-kms-key-id"
AWS_MANAGED_KEY = "alias/aws/s3"
SUBRESOURCES = ("acl", "tagging", "attributes", "retention", "legal-hold", "torrent", "uploadId", "restore")

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.app": ("SERVICE_HANDLERS",),
    "ministack.services.s3": (
        "_buckets",
        "_error",
        "_object_record_from_version",
        "_object_versions",
        "_parse_bucket_key",
        "_resolve_sse_write_headers",
        "_stored_sse_headers",
    ),
}


def install() -> None:
    """Ask IAM about the key where S3 decides how to store an object, and before it hands one out."""
    resolve = s3._resolve_sse_write_headers

    def resolved(headers: dict[str, str], bucket_name: str) -> Any:
        if headers.get(ALGORITHM) == "aws:kms" and not headers.get(KEY):
            headers = {**headers, KEY: AWS_MANAGED_KEY}
        chosen, error = resolve(headers, bucket_name)
        if chosen is not None and chosen.get(ALGORITHM) == "aws:kms":
            denied = _denied("kms:GenerateDataKey", chosen.get(KEY, AWS_MANAGED_KEY), bucket_name)
            if denied:
                return None, s3._error("AccessDenied", denied, 403)
        return chosen, error

    s3._resolve_sse_write_headers = resolved
    handle = app.SERVICE_HANDLERS["s3"]

    async def guarded(
        method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any], **options: Any
    ) -> Any:
        denied = _denied_read(method, path, headers, query_params)
        if denied:
            return s3._error("AccessDenied", denied, 403)
        return await handle(method, path, headers, body, query_params, **options)

    app.SERVICE_HANDLERS["s3"] = guarded


def key_of(bucket_name: str, key: str, version_id: str | None) -> str | None:
    """The customer key that an object is stored under, or None."""
    bucket = s3._buckets.get(bucket_name)
    if bucket is None:
        return None
    record = bucket["objects"].get(key)
    if version_id:
        versions = s3._object_versions.get((bucket_name, key)) or []
        matching = [version for version in versions if version.get("version_id") == version_id]
        record = s3._object_record_from_version(matching[0]) if matching else record
    stored = s3._stored_sse_headers(record) if record else {}
    return stored.get(KEY) if stored.get(ALGORITHM) == "aws:kms" else None


def _denied_read(method: str, path: str, headers: dict[str, str], query_params: dict[str, Any]) -> str | None:
    """The reason why this request may not read, or None: it reads an object, or the source of a copy."""
    source = headers.get("x-amz-copy-source")
    if source and method == "PUT":
        bucket_name, _, key = source.lstrip("/").partition("/")
        key, _, version = key.partition("?versionId=")
        return _denied_object(bucket_name, unquote(key), version or None)
    bucket_name, key = s3._parse_bucket_key(path, headers)
    # A checksum says something of the content, so whoever asks for it must be able to decrypt.
    checksum = method == "HEAD" and headers.get("x-amz-checksum-mode", "").upper() == "ENABLED"
    if not (method == "GET" or checksum) or not key or any(name in query_params for name in SUBRESOURCES):
        return None
    version = query_params.get("versionId")
    return _denied_object(bucket_name, key, version[0] if isinstance(version, list) else version)


def _denied_object(bucket_name: str, key: str, version_id: str | None) -> str | None:
    customer_key = key_of(bucket_name, key, version_id)
    return _denied("kms:Decrypt", customer_key, bucket_name) if customer_key else None


def _denied(action: str, key_arn: str, bucket_name: str) -> str | None:
    caller = sessions.current_caller_arn()
    if caller is None or key_arn.endswith(AWS_MANAGED_KEY):
        return None  # the policy of the AWS managed key lets everybody in the account use it through S3
    context = {
        "kms:ViaService": f"s3.{settings.region()}.amazonaws.com",
        "kms:CallerAccount": settings.account_id(),
        "kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{bucket_name}",
    }
    return permissions.refusal(permissions.Question(caller, action, _arn(key_arn), context))


def _arn(key: str) -> str:
    if key.startswith("arn:"):
        return key
    name = key if key.startswith("alias/") else f"key/{key}"
    return f"arn:aws:kms:{settings.region()}:{settings.account_id()}:{name}"
