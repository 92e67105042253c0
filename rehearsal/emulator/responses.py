"""Reading and forming the answers of a service handler: status, headers, body."""

from __future__ import annotations

import json
import re
from typing import Any

Response = tuple[int, dict[str, str], Any]
FIRST_ERROR_STATUS = 400
XML_CODE = re.compile(rb"<Code>([^<]+)</Code>")


def error_code(response: Response) -> str | None:
    """The error's name in a service's answer, or None for a success."""
    status, headers, body = response[0], response[1], response[2]
    if status < FIRST_ERROR_STATUS:
        return None
    named = headers.get("x-amzn-errortype")
    if named:
        return named.split(":", 1)[0]
    if isinstance(body, bytes):
        found = XML_CODE.search(body)
        if found:
            return found.group(1).decode()
        kind = _json_type(body)
        if kind:
            return kind
    return str(status)


def json_error(code: str, message: str, status: int = 400) -> Response:
    """An error as the JSON services send it."""
    body = json.dumps({"__type": code, "message": message, "Message": message}).encode()
    return status, {"Content-Type": "application/x-amz-json-1.1", "x-amzn-errortype": code}, body


def _json_type(body: bytes) -> str | None:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    kind = document.get("__type") if isinstance(document, dict) else None
    return str(kind).rsplit("#", 1)[-1] if kind else None
