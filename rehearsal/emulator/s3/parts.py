"""Checksums of uploads in parts: of the whole object (always for CRC64NVME), or of the parts' checksums."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from xml.etree.ElementTree import fromstring

from ministack.services import s3

from rehearsal.emulator import responses
from rehearsal.emulator.s3.defaults import CHECKSUM, full_object

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.s3": (
        "_buckets",
        "_complete_multipart_upload",
        "_create_multipart_upload",
        "_error",
        "_get_object_attributes",
        "_multipart_uploads",
        "_object_versions",
        "_qp",
    ),
}

UPLOAD_ID = re.compile(rb"<UploadId>([^<]+)</UploadId>")
FULL_OBJECT, COMPOSITE = "FULL_OBJECT", "COMPOSITE"
ONLY_COMPOSITE = ("SHA1", "SHA256")


def install() -> None:
    """Keep the type that an upload asks for, and answer with it."""
    s3._create_multipart_upload = _typed(s3._create_multipart_upload)
    s3._complete_multipart_upload = _completed(s3._complete_multipart_upload)
    s3._get_object_attributes = _described(s3._get_object_attributes)


def _typed(create: Callable[..., Any]) -> Callable[..., Any]:
    def typed(bucket_name: str, key: str, headers: dict[str, str]) -> Any:
        wanted = headers.get("x-amz-checksum-type", "").upper()
        status, answered, body = create(bucket_name, key, headers)
        found = UPLOAD_ID.search(body)
        if status >= responses.FIRST_ERROR_STATUS or found is None:
            return status, answered, body
        upload = s3._multipart_uploads[found[1].decode()]
        algorithm = upload["checksum_algorithm"]
        if algorithm in ONLY_COMPOSITE and wanted == FULL_OBJECT:
            del s3._multipart_uploads[found[1].decode()]
            message = f"The {FULL_OBJECT} checksum type cannot be used with the {algorithm.lower()} checksum algorithm."
            return s3._error("InvalidRequest", message, 400)
        upload["checksum_type"] = FULL_OBJECT if algorithm in (None, CHECKSUM) else wanted or COMPOSITE
        if algorithm:
            answered = {**answered, "x-amz-checksum-type": upload["checksum_type"]}
        return status, answered, body

    return typed


def _completed(complete: Callable[..., Any]) -> Callable[..., Any]:
    def completed(bucket_name: str, key: str, body: bytes, query_params: dict[str, Any], *more: Any) -> Any:
        upload = s3._multipart_uploads.get(s3._qp(query_params, "uploadId"))
        whole = upload is not None and upload.get("checksum_type") == FULL_OBJECT
        if upload is None or not whole:
            return complete(bucket_name, key, body, query_params, *more)
        # ministack only knows composites; of the whole object one is kept when the record is written.
        algorithm, upload["checksum_algorithm"] = upload["checksum_algorithm"] or CHECKSUM, None
        expected = (more[0] if more else {}).get(f"x-amz-checksum-{algorithm.lower()}")
        if expected and expected != full_object(algorithm, _joined(upload, body)):
            upload["checksum_algorithm"] = algorithm
            return s3._error("BadDigest", f"The {algorithm} you specified did not match the calculated checksum.", 400)
        response = complete(bucket_name, key, body, query_params, *more)
        if response[0] >= responses.FIRST_ERROR_STATUS:
            upload["checksum_algorithm"] = algorithm
            return response
        return _answer(response, bucket_name, key, algorithm)

    return completed


def _joined(upload: dict[str, Any], body: bytes) -> bytes:
    numbers = sorted(int(str(element.text)) for element in fromstring(body).iter() if _name(element) == "PartNumber")
    return b"".join(upload["parts"][number]["body"] for number in numbers if number in upload["parts"])


def _answer(response: responses.Response, bucket_name: str, key: str, algorithm: str) -> responses.Response:
    record = s3._buckets[bucket_name]["objects"][key]
    kept = [record, *(s3._object_versions.get((bucket_name, key)) or [])[-1:]]
    value = full_object(algorithm, record["body"])
    for each in kept:
        each["checksums"], each["checksum_type"] = {algorithm: value}, FULL_OBJECT
    told = f"<Checksum{algorithm}>{value}</Checksum{algorithm}><ChecksumType>{FULL_OBJECT}</ChecksumType>"
    status, headers, body = response
    return (
        status,
        headers,
        body.replace(b"</CompleteMultipartUploadResult>", told.encode() + b"</CompleteMultipartUploadResult>"),
    )


def _described(describe: Callable[..., Any]) -> Callable[..., Any]:
    """ministack takes every object with parts for one with a composite."""

    def described(bucket_name: str, key: str, headers: dict[str, str], query_params: dict[str, Any]) -> Any:
        status, answered, body = describe(bucket_name, key, headers, query_params)
        version = s3._qp(query_params, "versionId", "")
        versions = s3._object_versions.get((bucket_name, key)) or []
        record = next((each for each in versions if each["version_id"] == version), None)
        record = record or (s3._buckets.get(bucket_name) or {}).get("objects", {}).get(key) or {}
        if record.get("checksum_type") == FULL_OBJECT and isinstance(body, bytes):
            body = body.replace(b"<ChecksumType>COMPOSITE<", b"<ChecksumType>FULL_OBJECT<")
        return status, answered, body

    return described


def _name(element: Any) -> str:
    return str(element.tag).rsplit("}", 1)[-1]
