"""Facts from the histories of executions: states, shapes of results, error names. Pure."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from commands.executions import Execution
from commands.proving.shapes import merged, shape

Event = Mapping[str, Any]
# A stage that nobody used for weeks answers so until its functions have woken up: not of AWS but of the day.
IDLE = "Lambda.ResourceNotReadyException"
RESULT, ERROR_ENDS = "taskSucceededEventDetails", ("Failed", "TimedOut", "Aborted")


def states(events: Iterable[Event]) -> list[str]:
    """The states in the order of their first visit: how often a loop turns is a matter of time."""
    entered = (event["stateEnteredEventDetails"]["name"] for event in events if "stateEnteredEventDetails" in event)
    return list(dict.fromkeys(entered))


def results(events: Sequence[Event]) -> dict[str, str]:
    """The type at each path of what each state was answered, by "state path"."""
    by_state: dict[str, list[dict[str, str]]] = {}
    for state, event in _with_states(events):
        if RESULT in event:
            by_state.setdefault(state, []).append(shape(_json(event[RESULT].get("output", "null"))))
    return {f"{state} {path}": kind for state, shapes in by_state.items() for path, kind in merged(shapes).items()}


def errors(execution: Execution, events: Sequence[Event]) -> dict[str, str]:
    """The end of an execution and the errors that its states met, by what was met."""
    rows = {"ends": execution.status}
    if execution.status != "SUCCEEDED":
        rows["error"] = execution.error or "none"
        rows["state that failed"] = execution.failed_state or "none"
    for state, event in _with_states(events):
        if event["type"].endswith(ERROR_ENDS) and not event["type"].startswith("Execution"):
            error = _details(event).get("error", "none")
            if error != IDLE:
                rows[f"{state or 'no state'}: {event['type']}"] = error
    return rows


def _with_states(events: Sequence[Event]) -> Iterable[tuple[str, Event]]:
    """Each event with the state that it belongs to, which its predecessors tell."""
    of_event: dict[int, str] = {}
    for event in events:
        entered = event.get("stateEnteredEventDetails")
        state = entered["name"] if entered else of_event.get(event.get("previousEventId", 0), "")
        of_event[event["id"]] = state
        yield state, event


def _details(event: Event) -> Mapping[str, Any]:
    return next((value for name, value in event.items() if name.endswith("EventDetails")), {})


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
