"""The next step of the starter. Pure: the item, what Step Functions says, and the time decide it.

There is no lease to lose. The item only remembers which execution was claimed and what it covers;
whether that execution still runs is asked of Step Functions, which alone knows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lambda_src.starter.messages import Asked, Ended, Event, Uploaded
from lambda_src.starter.times import AHEAD

RUNNING = frozenset({"RUNNING", "PENDING_REDRIVE"})
# Why a run is started: it ends early where no file is new, or it trains in any case.
Reason = Literal["new data", "asked for"]


@dataclass(frozen=True)
class Item:
    """The model's one item in the run table: what was claimed and why, and the latest that was wanted.

    Wishes are covered apart from uploads: a run that nobody asked for ends early where no file is new.
    """

    execution: str | None = None
    reason: Reason = "new data"
    covers: datetime | None = None
    last_upload: datetime | None = None
    covers_wish: datetime | None = None
    last_wish: datetime | None = None


@dataclass(frozen=True)
class NoteUpload:
    """Remember that a run is wanted that sees everything up to this time."""

    time: datetime


@dataclass(frozen=True)
class NoteWish:
    """Remember that a run was asked for at this time."""

    time: datetime


@dataclass(frozen=True)
class Release:
    """Forget an execution that is over."""

    execution: str


@dataclass(frozen=True)
class Disown:
    """Forget an execution of another machine, from before ADR 27; what it covered is looked at again."""

    execution: str
    now: datetime


@dataclass(frozen=True)
class Redate:
    """Take an upload that is noted for the future as one of now: no run could cover it, and none would be the last."""

    wrong: datetime
    now: datetime


@dataclass(frozen=True)
class Claim:
    """Claim the right to start an execution, and say which uploads and which wishes it covers."""

    execution: str
    covers: datetime
    covers_wish: datetime | None = None

    @property
    def reason(self) -> Reason:
        """The start reason passed to the execution."""
        return "new data" if self.covers_wish is None else "asked for"


@dataclass(frozen=True)
class Start:
    """Start the claimed execution: nobody did so far."""

    execution: str
    reason: Reason


@dataclass(frozen=True)
class Rest:
    """Nothing to do; the reason is for the log."""

    reason: str


def noted(events: Iterable[Event]) -> list[NoteUpload | NoteWish | Release]:
    """The changes that a batch of events makes to the item, whatever its order and however often it is delivered."""
    known = list(events)
    uploads = [event.time for event in known if isinstance(event, Uploaded)]
    wishes = [event.time for event in known if isinstance(event, Asked)]
    ended = {event.execution_arn for event in known if isinstance(event, Ended)}
    return [
        *([NoteUpload(max(uploads))] if uploads else []),
        *([NoteWish(max(wishes))] if wishes else []),
        *(Release(execution) for execution in sorted(ended)),
    ]


def decide(
    item: Item, status: str | None, machine: str, model: str, now: datetime
) -> Release | Disown | Redate | Claim | Start | Rest:
    """The next action. `status` is what Step Functions says of item.execution, None if it knows none."""
    if item.last_upload is not None and item.last_upload > now + AHEAD:
        return Redate(item.last_upload, now)
    if item.execution is not None:
        if not is_of(machine, item.execution):
            return Disown(item.execution, now)
        if status is None:
            return Start(item.execution, item.reason)
        if status in RUNNING:
            return Rest("an execution is running; its end will be told")
        return Release(item.execution)
    execution = execution_arn(machine, model, now)
    if item.last_wish is not None and _is_open(item.last_wish, item.covers_wish):
        # The queue's clock may be ahead of this one: the same wish must not be open again after the run.
        return Claim(execution, now, max(now, item.last_wish))
    if _is_open(item.last_upload, item.covers):
        return Claim(execution, now)
    return Rest("everything that arrived or was asked for is covered")


def execution_arn(machine: str, model: str, covers: datetime) -> str:
    """The name follows from what the execution covers, so a second start of it is refused by Step Functions."""
    name = f"{model}-{covers:%Y%m%d%H%M%S}{covers.microsecond // 1000:03d}"
    return f"{machine.replace(':stateMachine:', ':execution:')}:{name}"


def is_of(machine: str, execution: str) -> bool:
    """Tell whether it is an execution of this machine: of no other may the starter ask."""
    return execution.startswith(f"{machine.replace(':stateMachine:', ':execution:')}:")


def _is_open(wanted: datetime | None, covered: datetime | None) -> bool:
    return wanted is not None and (covered is None or wanted > covered)
