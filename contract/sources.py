"""Names of what was uploaded: of an object's content, and of a row in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def source_id(key: str, content: str) -> str:
    """The same bytes under the same key have the same id, however often and with whatever tool they are uploaded.

    `content` identifies the bytes. An ETag does not: under SSE-KMS each upload of the same bytes has another one.
    """
    return hashlib.sha256(f"{key}\n{content}".encode()).hexdigest()[:32]


def content_of(chunks: Iterable[bytes]) -> str:
    """Identify the bytes, given in pieces of any size."""
    digest = hashlib.sha256()
    for chunk in chunks:
        digest.update(chunk)
    return f"sha256 {digest.hexdigest()}"


def row_id(source: str, line: int) -> str:
    """The name of the row at this line (counted from 1) of a source."""
    return f"{source[:12]}-{line}"
