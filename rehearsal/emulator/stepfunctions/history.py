"""The events of one execution, as GetExecutionHistory returns them and as the log group receives them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from ministack.core.responses import now_iso

DETAIL_KEYS = {"StateEntered": "stateEnteredEventDetails", "StateExited": "stateExitedEventDetails"}
# Recorded: these have their details also when there is nothing to say.
ALWAYS_DETAILED = {"ExecutionAborted", "ExecutionFailed", "ExecutionTimedOut"}
START = 0
Listener = Callable[[dict[str, Any]], None]

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {"ministack.core.responses": ("now_iso",)}


class History:
    """Appends to the execution record's list of events, and tells a listener of each."""

    def __init__(self, events: list[dict[str, Any]], listener: Listener) -> None:
        self._events = events
        self._listener = listener
        self._lock = threading.Lock()
        for event in events:
            event.setdefault("previousEventId", START)
            event["executionStartedEventDetails"].setdefault("inputDetails", {"truncated": False})
            listener(event)

    def add(self, kind: str, previous: int, **details: Any) -> int:
        """Append one event and return its id. `previous` is the event that led to it."""
        with self._lock:
            event: dict[str, Any] = {
                "id": len(self._events) + 1,
                "previousEventId": previous,
                "type": kind,
                "timestamp": now_iso(),
            }
            if details or kind in ALWAYS_DETAILED:
                event[detail_key(kind)] = details
            self._events.append(event)
        self._listener(event)
        return int(event["id"])


class Trail:
    """One line of events within a history: each event follows the line's last one."""

    def __init__(self, history: History, previous: int) -> None:
        self._history = history
        self.previous = previous

    def add(self, kind: str, **details: Any) -> int:
        """Append an event to this line."""
        self.previous = self._history.add(kind, self.previous, **details)
        return self.previous

    def note(self, kind: str, **details: Any) -> int:
        """Append an event beside the line: the next one follows what this one follows."""
        return self._history.add(kind, self.previous, **details)

    def branch(self, previous: int | None = None) -> Trail:
        """A line that starts at an event, the last of this line unless said."""
        return Trail(self._history, self.previous if previous is None else previous)


def detail_key(kind: str) -> str:
    """The member that holds the details of an event of this type."""
    for ending, key in DETAIL_KEYS.items():
        if kind.endswith(ending):
            return key
    return f"{kind[0].lower()}{kind[1:]}EventDetails"


def included(name: str, payload: Any) -> dict[str, Any]:
    """A payload with the note that it is complete."""
    return {name: payload, f"{name}Details": {"truncated": False}}
