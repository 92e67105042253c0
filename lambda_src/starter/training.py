"""Carries the decisions for one model's training out, until there is nothing left to do."""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from lambda_src.common.telemetry import logger
from lambda_src.starter.decision import (
    Claim,
    Disown,
    NoteUpload,
    NoteWish,
    Redate,
    Release,
    Rest,
    Start,
    decide,
    is_of,
    noted,
)
from lambda_src.starter.executions import Executions
from lambda_src.starter.items import StarterItems
from lambda_src.starter.messages import Event

# Every round ends in another state of the item; more of them than this means somebody keeps changing it.
MAXIMUM_ROUNDS = 10


class Unsettled(Exception):
    """The item kept changing; the messages come back."""


def settle(
    *,
    model: str,
    settings: Mapping[str, Any],
    machine: str,
    events: Iterable[Event],
    items: StarterItems,
    executions: Executions,
    clock: Callable[[], datetime],
) -> None:
    """Note the events, then act until the decision is to rest."""
    for change in noted(events):
        match change:
            case NoteUpload(time):
                items.note_upload(model, time)
            case NoteWish(time):
                items.note_wish(model, time)
            case Release(execution):
                items.release(model, execution)
    for _ in range(MAXIMUM_ROUNDS):
        item = items.read(model)
        ours = item.execution if item.execution and is_of(machine, item.execution) else None
        status = executions.status(ours) if ours else None
        action = decide(item, status, machine, model, clock())
        match action:
            case Rest(reason):
                logger.info("nothing to start", model=model, reason=reason)
                return
            case Release(execution):
                items.release(model, execution)
            case Disown(execution, now):
                logger.info("an execution of another machine is forgotten", model=model, execution=execution)
                items.release(model, execution)
                items.note_upload(model, now)
            case Redate(wrong, now):
                logger.error("an upload was noted for the future", model=model, time=wrong.isoformat())
                items.redate(model, wrong, now)
            case Claim():
                items.claim(model, action)
            case Start(execution, reason):
                _start(executions, machine, execution, {"model": model, "reason": reason, "settings": settings})
                return
    raise Unsettled(f"the starter's item of {model} changed {MAXIMUM_ROUNDS} times while it was read")


def _start(executions: Executions, machine: str, execution: str, value: Mapping[str, Any]) -> None:
    """The reason was claimed with the execution, so whoever starts it gives it the same one."""
    started = executions.start(machine, execution.rpartition(":")[2], value)
    logger.info("started" if started else "was started already", execution=execution, reason=value["reason"])
