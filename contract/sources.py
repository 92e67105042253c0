"""Names of what was uploaded: of an object's content, and of a row in it."""

from __future__ import annotations

import hashlib


def source_id(key: str, etag: str, size: int) -> str:
    """The same object uploaded again unchanged has the same id; changed content has another."""
    content_tag = etag.strip('"')
    return hashlib.sha256(f"{key}\n{content_tag}\n{size}".encode()).hexdigest()[:32]


def row_id(source: str, line: int) -> str:
    """The name of the row at this line (counted from 1) of a source."""
    return f"{source[:12]}-{line}"
