"""The cutting of an object into the requests of a batch transform, and the joining of their answers."""

from __future__ import annotations

from collections.abc import Iterator


class RecordTooLong(Exception):
    """A single record does not fit into a request."""


def split(content: bytes, *, by_line: bool, many: bool, limit: int) -> Iterator[bytes]:
    """The bodies of the requests for one object; an empty object is one empty request, as on AWS."""
    if not by_line or not content:
        if len(content) > limit:
            raise RecordTooLong(f"the object has {len(content)} bytes, a request may have {limit}")
        yield content
        return
    batch = b""
    for line in _lines(content):
        if len(line) > limit:
            raise RecordTooLong(f"a record has {len(line)} bytes, a request may have {limit}")
        if batch and (not many or len(batch) + len(line) > limit):
            yield batch
            batch = b""
        batch += line
    yield batch


def assemble(answers: list[bytes], *, by_line: bool) -> bytes:
    """One object from the answers, each ended by a newline when they are put together by line."""
    if not by_line:
        return b"".join(answers)
    return b"".join(answer if not answer or answer.endswith(b"\n") else answer + b"\n" for answer in answers)


def _lines(content: bytes) -> Iterator[bytes]:
    """Lines end with a newline only; a carriage return belongs to the record."""
    start = 0
    while start < len(content):
        end = content.find(b"\n", start)
        end = len(content) if end < 0 else end + 1
        yield content[start:end]
        start = end
