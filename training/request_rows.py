"""The body of a prediction request, cut into rows. No model is needed for that."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any, cast

from contract.lines import BYTE_ORDER_MARK, is_blank, without_terminator

JSON, JSON_LINES, CSV = "application/json", "application/jsonlines", "text/csv"
# Python knows a hundred codecs, some of which take minutes for a body that a client may send.
CHARSETS = ("utf-8", "us-ascii", "iso-8859-1", "iso-8859-15", "windows-1252")
_ALIASES = {
    "utf8": "utf-8",
    "ascii": "us-ascii",
    "latin-1": "iso-8859-1",
    "latin1": "iso-8859-1",
    "cp1252": "windows-1252",
}
# What the image puts in place of bytes that are not UTF-8 where it decodes a body itself.
UNREADABLE = "\ufffd"


@dataclass(frozen=True)
class Item:
    """One row of a request, numbered from 1: a record, a line of CSV, or the reason why it is neither."""

    number: int
    record: Mapping[str, object] | None = None
    line: bytes | None = None
    problem: str | None = None


@dataclass(frozen=True)
class Invalid:
    """An answer that tells the client what is wrong with the request."""

    reason: str
    row: int | None = None
    column: str | None = None
    status: int = 400

    def body(self) -> str:
        return json.dumps({"error": {"row": self.row, "column": self.column, "reason": self.reason}})


def read_request(body: str | bytes, content_type: str) -> Iterable[Item] | Invalid:
    """Return the rows of a request, cut as they are asked for: the first bad one can end the work.

    The image hands text over as str for two exact media types, else as bytes.
    """
    media_type, charset = parse_content_type(content_type)
    if media_type not in (JSON, JSON_LINES, CSV):
        supported = f"{JSON}, {JSON_LINES} and {CSV} are read"
        return Invalid(f"content type {media_type!r} is not supported: {supported}", status=415)
    if charset not in CHARSETS:
        return Invalid(f"the charset {charset[:40]!r} is not supported: {', '.join(CHARSETS)} are read")
    text = _text(body, charset)
    if isinstance(text, Invalid):
        return text
    text = text.removeprefix(BYTE_ORDER_MARK.decode())
    return _json_items(text) if media_type == JSON else _line_items(text, media_type)


def parse_content_type(content_type: str) -> tuple[str, str]:
    """Return the media type and the charset (utf-8 unless said), both in lower case and by their usual names."""
    message = Message()
    message["content-type"] = content_type
    charset = message.get_content_charset("utf-8")
    return message.get_content_type(), _ALIASES.get(charset, charset)


def _text(body: str | bytes, charset: str) -> str | Invalid:
    if isinstance(body, bytes):
        try:
            return body.decode(charset)
        except ValueError as error:
            return Invalid(f"the body is not {charset}: {error}")
    if UNREADABLE in body:
        line = body.count("\n", 0, body.index(UNREADABLE)) + 1
        return Invalid(f"line {line} of the body holds bytes that are not utf-8 (or the character U+FFFD)")
    return body


def _line_items(text: str, media_type: str) -> Iterator[Item]:
    for number, line in enumerate(text.split("\n"), 1):
        # What is no text is refused row by row, so half a character may not stop the others here.
        raw = line.encode("utf-8", "surrogatepass")
        if not is_blank(raw):
            raw = without_terminator(raw)
            yield Item(number, line=raw) if media_type == CSV else _record_item(number, raw)


def _json_items(text: str) -> list[Item] | Invalid:
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        return Invalid(f"the body is not JSON: {error}")
    if isinstance(content, dict) and "instances" in content:
        content = cast(dict[str, Any], content)["instances"]
        if not isinstance(content, list):
            return Invalid("'instances' is not a list")
    rows = cast(list[Any], content) if isinstance(content, list) else [content]
    return [_item(number, row) for number, row in enumerate(rows, 1)]


def _record_item(number: int, line: bytes) -> Item:
    try:
        return _item(number, json.loads(line))
    except (ValueError, RecursionError) as error:
        return Item(number, problem=f"the line is not JSON: {error}")


def _item(number: int, row: Any) -> Item:
    if isinstance(row, dict):
        return Item(number, record=cast(dict[str, object], row))
    return Item(number, problem="a row is a JSON object with the names of the columns")
