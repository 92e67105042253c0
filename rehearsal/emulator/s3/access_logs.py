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

Target = tuple[str, str, str]
"""The bucket that is logged, the one that holds its logs, and how their keys begin."""
_waiting: dict[Target, list[str]] = defaultdict(list)
_lock = threading.Lock()


def install() -> None:
    """Note every request to a bucket that is logged."""
    handle = app.SERVICE_HANDLERS["s3"]

    async def noted(method: str, path: str, headers: dict[str, str], *more: Any, **options: Any) -> Any:
        response = await handle(method, path, headers, *more, **options)
        bucket, key = s3._parse_bucket_key(path, headers)
        for target in _targets(bucket):
            _note(target, f"{method} {path} {key or '-'} {response[0]}")
        return response

    app.SERVICE_HANDLERS["s3"] = noted


def _note(target: Target, line: str) -> None:
    caller = sessions.current_caller_arn() or "-"
    with _lock:
        first = not _waiting[target]
        _waiting[target].append(f"{target[0]} [{datetime.now(UTC):%d/%b/%Y:%H:%M:%S +0000}] 127.0.0.1 {caller} {line}")
    if first:
        background.run(_deliver_later, target)


def _deliver_later(target: Target) -> None:
    time.sleep(clock.shortened(LAG_SECONDS))
    with _lock:
        lines = _waiting.pop(target, [])
    bucket, log_bucket, prefix = target
    key = f"{prefix}{datetime.now(UTC):%Y-%m-%d-%H-%M-%S}-{os.urandom(8).hex().upper()}"
    if log_bucket in s3._buckets and _may_deliver(bucket, log_bucket, key):
        s3._put_object(log_bucket, key, "\n".join(lines).encode("utf-8", "replace") + b"\n", {})


def _targets(bucket: str) -> Iterator[Target]:
    """The bucket and prefix of a request's log. A change takes an hour, so the request's configuration counts."""
    for found in fromstring(s3._bucket_logging_config.get(bucket) or "<none/>").iter():
        if str(found.tag).endswith("LoggingEnabled"):
            named = {str(child.tag).rsplit("}", 1)[-1]: child.text or "" for child in found}
            yield bucket, named["TargetBucket"], named.get("TargetPrefix", "")


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
