"""List operations: filters, order and pages."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from rehearsal.emulator.sagemaker.errors import validation
from rehearsal.emulator.sagemaker.store import Record, lock

DEFAULT_SIZE = 10
TIME_FILTERS = (
    ("CreationTimeAfter", "CreationTime", 1),
    ("CreationTimeBefore", "CreationTime", -1),
    ("LastModifiedTimeAfter", "LastModifiedTime", 1),
    ("LastModifiedTimeBefore", "LastModifiedTime", -1),
)


def select(
    records: Iterable[Record],
    parameters: Mapping[str, Any],
    *,
    name_key: str,
    status_key: str = "Status",
    default_order: str = "Descending",
) -> list[Record]:
    """The records that the request's filters keep, in the order it asks for."""
    kept = [record for record in records if _is_wanted(record, parameters, name_key, status_key)]
    sort_by = str(parameters.get("SortBy", "CreationTime"))
    sort_key = {"Name": name_key, "Status": status_key}.get(sort_by, sort_by)
    reverse = parameters.get("SortOrder", default_order) == "Descending"
    return sorted(kept, key=lambda record: record[sort_key], reverse=reverse)


def page(
    records: list[Record], parameters: Mapping[str, Any], member: str, summary: Callable[[Record], Record] = dict
) -> Record:
    """One page of the records under the given member, with a NextToken when more follow."""
    start = _position(parameters.get("NextToken"))
    size = parameters.get("MaxResults", DEFAULT_SIZE)
    with lock:
        answer: Record = {member: [summary(record) for record in records[start : start + size]]}
    if start + size < len(records):
        answer["NextToken"] = base64.urlsafe_b64encode(f"after:{start + size}".encode()).decode()
    return answer


def _is_wanted(record: Record, parameters: Mapping[str, Any], name_key: str, status_key: str) -> bool:
    wanted_name = parameters.get("NameContains")
    if wanted_name is not None and wanted_name.lower() not in str(record[name_key]).lower():
        return False
    wanted_status = parameters.get("StatusEquals")
    if wanted_status is not None and record[status_key] != wanted_status:
        return False
    return all(
        (record[member] - epoch(parameters[option])) * sign > 0
        for option, member, sign in TIME_FILTERS
        if option in parameters
    )


def epoch(value: Any) -> float:
    """A time of a request: seconds over the wire, a datetime from inside."""
    return value.timestamp() if isinstance(value, datetime) else float(value)


def _position(token: str | None) -> int:
    if token is None:
        return 0
    try:
        mark, position = base64.urlsafe_b64decode(token.encode()).decode().split(":")
        if mark == "after":
            return int(position)
    except (ValueError, binascii.Error):
        pass
    raise validation("Invalid NextToken")
