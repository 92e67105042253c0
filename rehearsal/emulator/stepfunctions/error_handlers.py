"""Checks of a state's Retry and Catch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

ALL = "States.ALL"
RETRY_FIELDS = {
    "BackoffRate",
    "Comment",
    "ErrorEquals",
    "IntervalSeconds",
    "JitterStrategy",
    "MaxAttempts",
    "MaxDelaySeconds",
}
CATCH_FIELDS = {"Assign", "Comment", "ErrorEquals", "Next", "Output"}
MOST_SECONDS = 31_622_400
MOST_ATTEMPTS = 99_999_999


def retry_and_catch_problems(state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Messages with their place below the state."""
    for field, known in (("Retry", RETRY_FIELDS), ("Catch", CATCH_FIELDS)):
        entries = state.get(field, [])
        for index, entry in enumerate(entries):
            place = f"/{field}/{index}"
            for name in sorted(entry.keys() - known):
                yield f"The field '{name}' is not supported in {field} of a JSONata state", f"{place}/{name}"
            yield from _names(entry, place, last=index == len(entries) - 1)
            if field == "Catch" and "Next" not in entry:
                yield "The field 'Next' is required but was missing", place
            if field == "Retry":
                yield from _numbers(entry, place)


def _names(entry: Mapping[str, Any], place: str, *, last: bool) -> Iterator[tuple[str, str]]:
    names: Sequence[str] = entry.get("ErrorEquals") or []
    if not names:
        yield "The field 'ErrorEquals' is required and must hold names", f"{place}/ErrorEquals"
    if ALL in names and (len(names) > 1 or not last):
        yield f"'{ALL}' must appear alone, and in the last entry", f"{place}/ErrorEquals"


def _numbers(entry: Mapping[str, Any], place: str) -> Iterator[tuple[str, str]]:
    interval = entry.get("IntervalSeconds", 1)
    limits = (
        ("IntervalSeconds", interval, 1, MOST_SECONDS),
        ("MaxAttempts", entry.get("MaxAttempts", 1), 0, MOST_ATTEMPTS),
        ("MaxDelaySeconds", entry.get("MaxDelaySeconds", MOST_SECONDS), 1, MOST_SECONDS),
    )
    for name, value, least, most in limits:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            yield f"The value of {name} must be a whole number from {least} to {most}", f"{place}/{name}"
    rate = entry.get("BackoffRate", 2.0)
    if not isinstance(rate, int | float) or rate < 1:
        yield "The value of BackoffRate must be a number of at least 1.0", f"{place}/BackoffRate"
    if isinstance(interval, int) and entry.get("MaxDelaySeconds", MOST_SECONDS) <= interval:
        yield "MaxDelaySeconds must be greater than IntervalSeconds", f"{place}/MaxDelaySeconds"
    if entry.get("JitterStrategy", "NONE") not in ("FULL", "NONE"):
        yield "JitterStrategy must be FULL or NONE", f"{place}/JitterStrategy"
