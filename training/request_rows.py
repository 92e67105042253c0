"""What a prediction is asked for: the body of a request, cut into rows. No model is needed for that."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from typing import Any, cast

from contract.lines import BYTE_ORDER_MARK, is_blank, without_terminator

JSON, JSON_LINES, CSV = "application/json", "application/jsonlines", "text/csv"


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


def read_request(body: str | bytes, content_type: str) -> list[Item] | Invalid:
    """The rows of a request. The image hands text over as str for two exact media types, else as bytes."""
    media_type, charset = parse_content_type(content_type)
    if media_type not in (JSON, JSON_LINES, CSV):
        supported = f"{JSON}, {JSON_LINES} and {CSV} are read"
        return Invalid(f"content type {media_type!r} is not supported: {supported}", status=415)
    try:
        text = body if isinstance(body, str) else body.decode(charset)
    except (ValueError, LookupError) as error:
        return Invalid(f"the body is not {charset}: {error}")
    text = text.removeprefix(BYTE_ORDER_MARK.decode())
    if media_type == JSON:
        return _json_items(text)
    # What is no text is refused row by row, so half a character may not stop the others here.
    lines = [line.encode("utf-8", "surrogatepass") for line in text.split("\n")]
    filled = [(number, without_terminator(line)) for number, line in enumerate(lines, 1) if not is_blank(line)]
    if media_type == CSV:
        return [Item(number, line=line) for number, line in filled]
    return [_record_item(number, line) for number, line in filled]


def parse_content_type(content_type: str) -> tuple[str, str]:
    """Media type in lower case, and the charset, utf-8 unless said."""
    message = Message()
    message["content-type"] = content_type
    return message.get_content_type(), message.get_content_charset("utf-8")


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
