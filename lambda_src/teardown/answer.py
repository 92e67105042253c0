"""The answer that CloudFormation waits for."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

from contract.text import one_line

# The whole answer may have 4,096 bytes.
MAXIMUM_REASON = 1000
ATTEMPTS = 4
TIMEOUT_SECONDS = 10


def physical_id(request: Mapping[str, Any]) -> str:
    """Never changes after creation: another id would make CloudFormation delete the old resource, which tears down."""
    return str(request.get("PhysicalResourceId") or f"teardown-{request['LogicalResourceId']}")


def answer_body(request: Mapping[str, Any], status: str, reason: str) -> bytes:
    """The JSON that CloudFormation expects."""
    # Letters beyond ASCII, and controls, grow to six bytes each in JSON.
    plain = one_line(reason).encode("ascii", "replace").decode("ascii")
    value = {
        "Status": status,
        "Reason": plain[:MAXIMUM_REASON] or status.lower(),
        "PhysicalResourceId": physical_id(request),
        "StackId": request["StackId"],
        "RequestId": request["RequestId"],
        "LogicalResourceId": request["LogicalResourceId"],
        "Data": {},
    }
    return json.dumps(value).encode("utf-8")


def send_answer(
    request: Mapping[str, Any], status: str, reason: str, pause: Callable[[float], None] = time.sleep
) -> None:
    """PUT the answer to the address in the request; an answer lost would make CloudFormation wait for an hour."""
    body = answer_body(request, status, reason)
    for attempt in range(1, ATTEMPTS + 1):
        put = urllib.request.Request(request["ResponseURL"], data=body, method="PUT")
        # The address is signed for an empty content type.
        put.add_header("Content-Type", "")
        try:
            with urllib.request.urlopen(put, timeout=TIMEOUT_SECONDS):
                return
        except (urllib.error.URLError, OSError):
            if attempt == ATTEMPTS:
                raise
            pause(2.0**attempt)
