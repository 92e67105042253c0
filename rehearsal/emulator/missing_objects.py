"""An object that is not there: without s3:ListBucket, S3 answers 403, so that nobody can probe for keys."""

from __future__ import annotations

from typing import Any

from ministack import app
from ministack.services import s3

from rehearsal.emulator import permissions, sessions

NOT_FOUND, FORBIDDEN = 404, 403
COPY_SOURCE = "x-amz-copy-source"

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.app": ("SERVICE_HANDLERS",),
    "ministack.services.s3": ("_buckets", "_error", "_parse_bucket_key"),
}


def install() -> None:
    """Look at S3's answers. Runs after the checks that refuse a request."""
    handle = app.SERVICE_HANDLERS["s3"]

    async def answered(
        method: str, path: str, headers: dict[str, str], body: bytes, query_params: dict[str, Any], **options: Any
    ) -> Any:
        answer = await handle(method, path, headers, body, query_params, **options)
        bucket = _bucket_of_missing_object(method, path, headers, answer)
        if bucket is None or _may_list(bucket):
            return answer
        status, fields, content = s3._error("AccessDenied", "Access Denied", FORBIDDEN)
        return status, fields, b"" if method == "HEAD" else content

    app.SERVICE_HANDLERS["s3"] = answered


def _bucket_of_missing_object(method: str, path: str, headers: dict[str, str], answer: Any) -> str | None:
    """The bucket whose missing object the answer gives away, or None."""
    status, _fields, content = answer[:3]
    if status != NOT_FOUND:
        return None
    bucket, key = s3._parse_bucket_key(path, headers)
    if method == "PUT" and headers.get(COPY_SOURCE):
        bucket, _, key = headers[COPY_SOURCE].lstrip("/").partition("/")
    told = method == "HEAD" or (isinstance(content, bytes) and b"<Code>NoSuchKey</Code>" in content)
    return str(bucket) if key and told and bucket in s3._buckets else None


def _may_list(bucket: str) -> bool:
    caller = sessions.current_caller_arn()
    if caller is None:
        return True
    return permissions.may(permissions.Question(caller, "s3:ListBucket", f"arn:aws:s3:::{bucket}", {}))
