"""ETags under SSE-KMS: no digest of the data, and another one for every write of the same bytes."""

from __future__ import annotations

import contextvars
import os
from collections.abc import Callable
from typing import Any

from ministack.services import s3

from rehearsal.emulator import responses
from rehearsal.emulator.s3.defaults import ALGORITHM

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.s3": (
        "_complete_multipart_upload",
        "_completed_multipart_uploads",
        "_copy_object",
        "_fire_s3_event_async",
        "_maybe_replicate",
        "_multipart_uploads",
        "_post_object",
        "_put_object",
        "_qp",
        "_stored_sse_headers",
        "_upload_part",
        "_upload_part_copy",
    ),
}

_replaced: contextvars.ContextVar[tuple[str, str] | None] = contextvars.ContextVar("rehearsal_etag", default=None)


def install() -> None:
    """Give each object under a key of KMS an ETag of its own, also where the request is answered and told."""
    s3._maybe_replicate = _renamed(s3._maybe_replicate)
    s3._fire_s3_event_async = _told(s3._fire_s3_event_async)
    for name in ("_put_object", "_post_object", "_copy_object"):
        setattr(s3, name, _answered(getattr(s3, name)))
    complete = _answered(s3._complete_multipart_upload)
    s3._complete_multipart_upload = _repeated(complete)
    for name in ("_upload_part", "_upload_part_copy"):
        setattr(s3, name, _part(getattr(s3, name)))


def under_kms(record: dict[str, Any]) -> bool:
    """Tell whether the stored object is encrypted with a key of KMS."""
    return str(s3._stored_sse_headers(record).get(ALGORITHM, "")).startswith("aws:kms")


def new_etag(old: str) -> str:
    """In the form of the old one: of an upload in parts, the number of parts stays."""
    _digest, dash, parts = old.strip('"').partition("-")
    return f'"{os.urandom(16).hex()}{dash}{parts}"'


def _renamed(replicate: Callable[..., Any]) -> Callable[..., Any]:
    def renamed(bucket_name: str, key: str, record: dict[str, Any], *more: Any) -> Any:
        if under_kms(record):
            old = record["etag"]
            record["etag"] = new_etag(old)
            _replaced.set((old, record["etag"]))
        return replicate(bucket_name, key, record, *more)

    return renamed


def _told(fire: Callable[..., Any]) -> Callable[..., Any]:
    def told(*given: Any, **options: Any) -> Any:
        replaced = _replaced.get()
        if replaced and options.get("etag") == replaced[0]:
            options["etag"] = replaced[1]
        return fire(*given, **options)

    return told


def _answered(write: Callable[..., Any]) -> Callable[..., Any]:
    def answered(*given: Any) -> Any:
        token = _replaced.set(None)
        try:
            response = write(*given)
            replaced = _replaced.get()
        finally:
            _replaced.reset(token)
        return _exchanged(response, *replaced) if replaced else response

    return answered


def _repeated(complete: Callable[..., Any]) -> Callable[..., Any]:
    """A completion that is sent again gets the answer of the first."""

    def repeated(bucket_name: str, key: str, body: bytes, query_params: dict[str, Any], *more: Any) -> Any:
        response = complete(bucket_name, key, body, query_params, *more)
        done = s3._completed_multipart_uploads.get(s3._qp(query_params, "uploadId"))
        if done is not None and response[0] < responses.FIRST_ERROR_STATUS:
            done["response"] = response
        return response

    return repeated


def _part(upload: Callable[..., Any]) -> Callable[..., Any]:
    def part(bucket_name: str, key: str, *more: Any) -> Any:
        response = upload(bucket_name, key, *more)
        query_params = next(given for given in more if isinstance(given, dict))
        stored = s3._multipart_uploads.get(s3._qp(query_params, "uploadId"))
        if response[0] >= responses.FIRST_ERROR_STATUS or stored is None or not under_kms(stored):
            return response
        sent = stored["parts"][int(s3._qp(query_params, "partNumber"))]
        old, sent["etag"] = sent["etag"], new_etag(sent["etag"])
        return _exchanged(response, old, sent["etag"])

    return part


def _exchanged(response: responses.Response, old: str, new: str) -> responses.Response:
    status, headers, body = response
    headers = {name: new if value == old else value for name, value in headers.items()}
    if isinstance(body, bytes):
        body = body.replace(old.strip('"').encode(), new.strip('"').encode())
    return status, headers, body
