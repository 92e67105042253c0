"""Defaults that S3 adds to an object that a request says nothing about: a content type, encryption, a checksum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services import s3

from rehearsal.emulator import responses

CONTENT_TYPE = "binary/octet-stream"
ALGORITHM = "x-amz-server-side-encryption"
BUCKET_KEY = "x-amz-server-side-encryption-bucket-key-enabled"
CUSTOMER_KEY = "x-amz-server-side-encryption-customer-algorithm"
# Since December 2024 S3 computes this one itself where a client sends none.
CHECKSUM = "CRC64NVME"

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.s3": (
        "_S3_CHECKSUM_HEADERS",
        "_SSE_STORED_HEADERS",
        "_bucket_encryption",
        "_create_multipart_upload",
        "_object_record_from_version",
        "_put_object",
        "_resolve_object_checksums",
        "_resolve_sse_write_headers",
        "_version_entry_from_record",
        "_compute_s3_checksum",
        "_maybe_replicate",
    ),
}


def install() -> None:
    """Complete what is written."""
    s3._SSE_STORED_HEADERS = (*s3._SSE_STORED_HEADERS, BUCKET_KEY)
    s3._put_object = _answering_checksum(_typed(s3._put_object, headers_at=3))
    s3._create_multipart_upload = _typed(s3._create_multipart_upload, headers_at=2)
    s3._resolve_sse_write_headers = _encrypted(s3._resolve_sse_write_headers)
    s3._maybe_replicate = _checked(s3._maybe_replicate)
    s3._version_entry_from_record = _keeping_type(s3._version_entry_from_record)
    s3._object_record_from_version = _keeping_type(s3._object_record_from_version)


def full_object(algorithm: str, data: bytes) -> str:
    """The checksum of all bytes, in base64."""
    found = s3._compute_s3_checksum(algorithm, data)
    assert found is not None, algorithm
    return str(found)


def _typed(write: Callable[..., Any], headers_at: int) -> Callable[..., Any]:
    def typed(*given: Any) -> Any:
        headers = given[headers_at]
        if not headers.get("content-type"):
            headers = {**headers, "content-type": CONTENT_TYPE}
        return write(*given[:headers_at], headers, *given[headers_at + 1 :])

    return typed


def _encrypted(resolve: Callable[..., Any]) -> Callable[..., Any]:
    """Since January 2023 there is no object without encryption."""

    def encrypted(headers: dict[str, str], bucket_name: str) -> Any:
        chosen, error = resolve(headers, bucket_name)
        if chosen is not None and ALGORITHM not in chosen and CUSTOMER_KEY not in chosen:
            chosen = {**chosen, ALGORITHM: "AES256"}
        if chosen is not None and chosen.get(ALGORITHM) == "aws:kms" and _has_bucket_key(bucket_name):
            chosen = {**chosen, BUCKET_KEY: "true"}
        return chosen, error

    return encrypted


def _has_bucket_key(bucket_name: str) -> bool:
    """Tell whether objects share data keys, as PutObject, HeadObject and GetObject do (API reference)."""
    return "<BucketKeyEnabled>true</BucketKeyEnabled>" in str(s3._bucket_encryption.get(bucket_name) or "")


def _checked(replicate: Callable[..., Any]) -> Callable[..., Any]:
    """Every way of writing an object comes by here, just before its version is recorded."""

    def checked(bucket_name: str, key: str, record: dict[str, Any], data: bytes, *more: Any) -> Any:
        if not record.get("checksums"):
            record["checksums"] = {CHECKSUM: full_object(CHECKSUM, data)}
            record["checksum_type"] = "FULL_OBJECT"
        return replicate(bucket_name, key, record, data, *more)

    return checked


def _answering_checksum(put: Callable[..., Any]) -> Callable[..., Any]:
    """PutObject answers with the checksum that is kept, whoever computed it."""

    def answering(bucket_name: str, key: str, *more: Any) -> responses.Response:
        status, headers, body = put(bucket_name, key, *more)
        if status < responses.FIRST_ERROR_STATUS:
            record = s3._buckets[bucket_name]["objects"][key]
            kept = {f"x-amz-checksum-{name.lower()}": value for name, value in record["checksums"].items()}
            headers = {**headers, **kept, "x-amz-checksum-type": record.get("checksum_type") or "FULL_OBJECT"}
        return status, headers, body

    return answering


def _keeping_type(convert: Callable[..., Any]) -> Callable[..., Any]:
    """A version remembers whether its checksum is one of all bytes or one of its parts' checksums."""

    def keeping(record: dict[str, Any], *more: Any) -> Any:
        converted = convert(record, *more)
        if record.get("checksum_type"):
            converted["checksum_type"] = record["checksum_type"]
        return converted

    return keeping
