"""Listings: every key that S3 takes can be read (encoding-type=url), and each entry names its checksum."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote
from xml.etree.ElementTree import Element, SubElement

from ministack.services import s3

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.s3": (
        "_buckets",
        "_list_multipart_uploads",
        "_list_object_versions",
        "_list_objects_v1",
        "_list_objects_v2",
        "_object_versions",
        "_qp",
        "_url_encode",
        "_xml_body",
    ),
}

# ministack encodes the other two listings itself.
ENCODED_BY_US = ("ListVersionsResult", "ListMultipartUploadsResult")
ENCODED = ("Key", "Prefix", "Delimiter", "KeyMarker", "NextKeyMarker")
ENTRIES = ("Contents", "Version")

_listing: contextvars.ContextVar[tuple[str, bool] | None] = contextvars.ContextVar("rehearsal_listing", default=None)


def install() -> None:
    """Complete the tree of a listing before it becomes text."""
    for name in ("_list_objects_v1", "_list_objects_v2", "_list_object_versions", "_list_multipart_uploads"):
        setattr(s3, name, _known(getattr(s3, name)))
    s3._xml_body = _completed(s3._xml_body)


def _known(answer: Callable[..., Any]) -> Callable[..., Any]:
    def known(bucket_name: str, query_params: dict[str, Any]) -> Any:
        token = _listing.set((bucket_name, s3._qp(query_params, "encoding-type", "") == "url"))
        try:
            return answer(bucket_name, query_params)
        finally:
            _listing.reset(token)

    return known


def _completed(to_bytes: Callable[[Element], bytes]) -> Callable[[Element], bytes]:
    def completed(root: Element) -> bytes:
        listing = _listing.get()
        if listing is None or root.tag == "Error":
            return to_bytes(root)
        bucket_name, encoded = listing
        ours = root.tag in ENCODED_BY_US
        for entry in root:
            if entry.tag in ENTRIES:
                _name_checksum(entry, bucket_name, encoded and not ours)
        if encoded and ours:
            SubElement(root, "EncodingType").text = "url"
            for element in root.iter():
                if element.tag in ENCODED and element.text:
                    element.text = s3._url_encode(element.text)
        return to_bytes(root)

    return completed


def _name_checksum(entry: Element, bucket_name: str, encoded: bool) -> None:
    key, version = entry.findtext("Key") or "", entry.findtext("VersionId")
    key = unquote(key) if encoded else key
    versions: list[dict[str, Any]] = s3._object_versions.get((bucket_name, key)) or []
    record = next((each for each in versions if each["version_id"] == version), None)
    record = record or s3._buckets[bucket_name]["objects"].get(key) or {}
    for algorithm in record.get("checksums") or {}:
        SubElement(entry, "ChecksumAlgorithm").text = algorithm
        SubElement(entry, "ChecksumType").text = record.get("checksum_type") or "FULL_OBJECT"
