"""What the starter does next. Pure: the item, what Step Functions says, and the time decide it.

There is no lease to lose. The item only remembers which execution was claimed and what it covers;
whether that execution still runs is asked of Step Functions, which alone knows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from lambda_src.starter.messages import Ended, Event, Wanted

RUNNING = frozenset({"RUNNING", "PENDING_REDRIVE"})


@dataclass(frozen=True)
class Item:
    """The model's one item in the run table."""

    execution: str | None = None
    covers: datetime | None = None
    last_upload: datetime | None = None


@dataclass(frozen=True)
class Note:
    """Remember that a run is wanted that sees everything up to this time."""

    last_upload: datetime


@dataclass(frozen=True)
class Release:
    """Forget an execution that is over."""

    execution: str


@dataclass(frozen=True)
class Claim:
    """Claim the right to start an execution."""

    execution: str
    covers: datetime


@dataclass(frozen=True)
class Start:
    """Start the claimed execution: nobody did so far."""

    execution: str


@dataclass(frozen=True)
class Rest:
    """Nothing to do; the reason is for the log."""

    reason: str


def noted(events: Iterable[Event]) -> list[Note | Release]:
    """What a batch of events changes in the item, whatever its order and however often it is delivered."""
    known = list(events)
    times = [event.time for event in known if isinstance(event, Wanted)]
    ended = {event.execution_arn for event in known if isinstance(event, Ended)}
    return [*([Note(max(times))] if times else []), *(Release(execution) for execution in sorted(ended))]


def decide(item: Item, status: str | None, machine: str, model: str, now: datetime) -> Release | Claim | Start | Rest:
    """The next action. `status` is what Step Functions says of item.execution, None if it knows none."""
    if item.execution is not None:
        if status is None:
            return Start(item.execution)
        if status in RUNNING:
            return Rest("an execution is running; its end will be told")
        return Release(item.execution)
    if item.last_upload is None or (item.covers is not None and item.last_upload <= item.covers):
        return Rest("everything that arrived is covered")
    return Claim(execution_arn(machine, model, now), now)


def execution_arn(machine: str, model: str, covers: datetime) -> str:
    """The name follows from what the execution covers, so a second start of it is refused by Step Functions."""
    name = f"{model}-{covers:%Y%m%d%H%M%S}{covers.microsecond // 1000:03d}"
    return f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
