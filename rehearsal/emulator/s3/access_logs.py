"""Server access logs: delivered late, also while a teardown is at work, if the log bucket lets S3 in by then."""

from __future__ import annotations

import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import fromstring

from ministack import app
from ministack.services import s3

from rehearsal.emulator import background, calls, clock, permissions, sessions, settings

PRINCIPAL = "logging.s3.amazonaws.com"
# AWS says "within a few hours" of each request; this is only long enough to come after what is done at once.
LAG_SECONDS = 60.0
ENCRYPTION = "x-amz-server-side-encryption"

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.app": ("SERVICE_HANDLERS",),
    "ministack.services.s3": (
        "_bucket_default_sse_headers",
        "_bucket_logging_config",
        "_bucket_policies",
        "_buckets",
        "_parse_bucket_key",
        "_put_object",
    ),
}

_waiting: dict[str, list[str]] = defaultdict(list)
_lock = threading.Lock()


def install() -> None:
    """Note every request to a bucket that is logged."""
    handle = app.SERVICE_HANDLERS["s3"]

    async def noted(method: str, path: str, headers: dict[str, str], *more: Any, **options: Any) -> Any:
        response = await handle(method, path, headers, *more, **options)
        bucket, key = s3._parse_bucket_key(path, headers)
        if bucket in s3._bucket_logging_config:
            _note(bucket, f"{method} {path} {key or '-'} {response[0]}")
        return response

    app.SERVICE_HANDLERS["s3"] = noted


def _note(bucket: str, line: str) -> None:
    caller = sessions.current_caller_arn() or "-"
    with _lock:
        first = not _waiting[bucket]
        _waiting[bucket].append(f"{bucket} [{datetime.now(UTC):%d/%b/%Y:%H:%M:%S +0000}] 127.0.0.1 {caller} {line}")
    if first:
        background.run(_deliver_later, bucket)


def _deliver_later(bucket: str) -> None:
    time.sleep(clock.shortened(LAG_SECONDS))
    with _lock:
        lines = _waiting.pop(bucket, [])
    for target, prefix in _targets(bucket):
        key = f"{prefix}{datetime.now(UTC):%Y-%m-%d-%H-%M-%S}-{os.urandom(8).hex().upper()}"
        if _may_deliver(bucket, target, key):
            s3._put_object(target, key, "\n".join(lines).encode("utf-8", "replace") + b"\n", {})


def _targets(bucket: str) -> Iterator[tuple[str, str]]:
    """Where the bucket's logs go now, whatever its configuration was when the requests came."""
    for found in fromstring(s3._bucket_logging_config.get(bucket) or "<none/>").iter():
        if str(found.tag).endswith("LoggingEnabled"):
            named = {str(child.tag).rsplit("}", 1)[-1]: child.text or "" for child in found}
            if named.get("TargetBucket") in s3._buckets:
                yield named["TargetBucket"], named.get("TargetPrefix", "")


def _may_deliver(bucket: str, target: str, key: str) -> bool:
    """S3 delivers only to buckets under its own keys, and only if the bucket's policy lets the service in."""
    if str(s3._bucket_default_sse_headers(target).get(ENCRYPTION, "")).startswith("aws:kms"):
        return False
    resource = f"arn:aws:s3:::{target}/{key}"
    context = {"aws:SourceArn": f"arn:aws:s3:::{bucket}", "aws:SourceAccount": settings.account_id()}
    question = permissions.Question(PRINCIPAL, "s3:PutObject", resource, context)
    allowed = permissions.service_may(s3._bucket_policies.get(target), PRINCIPAL, question)
    error = None if allowed else f"the policy of {target} does not let {PRINCIPAL} write the logs of {bucket}"
    calls.record(PRINCIPAL, "s3:PutObject", resource, allowed=allowed, error=error)
    return allowed
