"""Log lines as people read them. Pure."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

NOISE = re.compile(r"(START|END|INIT_START) (RequestId|Runtime)")
# What the image's toolkit prints around our code: its settings (JSON over many lines), and how it installs the code.
TOOLKIT = re.compile(
    r"SM_[A-Z_]+=|PYTHONPATH=|\s*(Processing \./|Preparing metadata|Building wheels? for|Created wheel for"
    r"|Stored in directory|Successfully (built|installed)|Installing collected packages|Looking in indexes)"
    r'|.*pkg_resources|\s*$|\s*["}\]]|\s*[{\[]\s*$'
)
# What powertools adds to each line and a reader of one run knows already.
KNOWN = frozenset(
    {
        *("level", "message", "timestamp", "location", "service", "sampling_rate", "xray_trace_id"),
        *("cold_start", "function_name", "function_memory_size", "function_arn", "function_request_id"),
        *("exception_name", "stack_trace"),
    }
)


@dataclass(frozen=True)
class Line:
    """One log line, and the state whose work wrote it."""

    milliseconds: int
    state: str
    text: str

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.milliseconds / 1000, UTC)


def readable(message: str) -> str:
    """A structured line as a sentence with its values; any other as it is."""
    message = message.rstrip()
    value = _structured(message)
    if value is None or "message" not in value:
        return message
    told = " ".join(f"{key}={_short(item)}" for key, item in value.items() if key not in KNOWN)
    return " ".join(part for part in (value.get("level", ""), _short(value["message"]), told) if part)


def is_of(message: str, model: str, request: str | None) -> bool:
    """Tell whether a function's line belongs to this call of this model.

    One function serves all models. Step Functions names the request of a call that succeeded; for one that failed
    the time is all there is, and lines that name another model are told apart by that.
    """
    if NOISE.match(message) or _is_metrics(message):
        return False
    value = _structured(message)
    if value is None:
        return request is None or "RequestId" not in message or request in message
    if request and "function_request_id" in value:
        return value["function_request_id"] == request
    return value.get("model", model) == model


def matters(message: str) -> bool:
    """Tell whether a job's line says something about this job."""
    return not TOOLKIT.match(message)


def _is_metrics(message: str) -> bool:
    return message.startswith("{") and '"CloudWatchMetrics"' in message


def _structured(message: str) -> dict[str, Any] | None:
    if not message.startswith("{"):
        return None
    try:
        value = json.loads(message)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _short(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
