"""Times that messages carry, judged by when the queue took the message.

A time from the future would be newer than whatever a run covers, and start one run after the other without end; a time
from long ago is covered already, and its file would wait for ever. No event can have either, so both are refused.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

# A rule tries for a day, a queue keeps a message for four, and two dead-letter queues for fourteen each, before
# somebody sends it in again; people need some days, too.
OLDEST = timedelta(days=60)
# Clocks of services differ, by seconds at most.
AHEAD = timedelta(minutes=15)
WHOLE_SECOND = timedelta(microseconds=999_999)
SHOWN_CHARACTERS = 60
# The year 2286.
LATEST_MILLISECONDS = 10**13


class NoTimeOfAnEvent(Exception):
    """A text that is no time, or one that no event can have; the message goes on after the name of the member."""


def event_time(text: str, sent: datetime) -> datetime:
    """The moment that a message names, but none after the message itself.

    EventBridge cuts its times to whole seconds: such a time may mean any moment of that second.
    """
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is None:
            raise NoTimeOfAnEvent(f"is {_shown(text)}, which has no time zone")
        time = time.astimezone(UTC)
    except (ValueError, OverflowError):
        raise NoTimeOfAnEvent(f"is {_shown(text)}, which is no ISO 8601 time") from None
    if not sent - OLDEST <= time <= sent + AHEAD:
        raise NoTimeOfAnEvent(
            f"is {_shown(text)}, but the queue took the message at {sent.isoformat(timespec='seconds')}; allowed: "
            f"from {OLDEST.days} days before to {AHEAD.seconds // 60} minutes after"
        )
    return min(time + WHOLE_SECOND if time.microsecond == 0 else time, sent + WHOLE_SECOND)


def first_digits(*values: Any, sent: datetime) -> str:
    """The digits, to the millisecond, of the first value that can be an event's time; else of when it was sent."""
    for value in values:
        text = _iso(value)
        try:
            event_time(text, sent)
        except NoTimeOfAnEvent:
            continue
        return _digits(text)
    return _digits(sent.isoformat())


def _iso(value: Any) -> str:
    """The text itself; some of SageMaker's events give milliseconds since 1970 instead."""
    if isinstance(value, int) and 0 <= value <= LATEST_MILLISECONDS:
        return datetime.fromtimestamp(value / 1000, UTC).isoformat()
    return str(value)


def _digits(text: str) -> str:
    return "".join(re.findall(r"[0-9]", text))[:17]


def _shown(text: str) -> str:
    return repr(text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "...")
