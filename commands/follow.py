"""Follow an execution to its end, each state shown as it ends."""

import time
from collections.abc import Sequence

from commands.errors import Exit, Refused
from commands.executions import Execution, Visit, describe, history, latest, visits
from commands.platform import TRAINING, Model
from commands.screen import Screen, duration
from commands.session import Session

POLL_SECONDS = 2.0
START_DEADLINE_SECONDS = 600.0
NEWEST = 5
PROMOTED = "promote"


def known_executions(session: Session, model: Model, kind: str) -> frozenset[str]:
    """The executions before something new is asked for."""
    return frozenset(execution.arn for execution in latest(session, model, kind, NEWEST))


def wait_for_start(session: Session, model: Model, kind: str, known: frozenset[str]) -> Execution:
    """The first execution that is not among the known ones.

    Raises:
        Refused: when nothing starts although nothing is running.
    """
    idle_since = time.monotonic()
    with session.screen.status(f"waiting for the start of a {kind} run (files of one minute become one run)"):
        while True:
            newest = latest(session, model, kind, NEWEST)
            started = [execution for execution in newest if execution.arn not in known]
            if started:
                return started[-1]
            if any(execution.status == "RUNNING" for execution in newest):
                idle_since = time.monotonic()  # a run of before goes on; ours follows it
            if time.monotonic() - idle_since > START_DEADLINE_SECONDS:
                raise Refused(
                    f"no {kind} run of {model.name} has started within {START_DEADLINE_SECONDS:.0f} s:"
                    " look at the starter's log and at the dead-letter queue"
                )
            time.sleep(POLL_SECONDS)


class Shown:
    """Shows each state once: the later rounds of a loop are one line, when the loop has ended."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._count = 0
        self._seen: set[str] = set()
        self._again: dict[str, float] = {}

    def show(self, stays: Sequence[Visit]) -> None:
        """The stays that have ended since the last look."""
        while self._count < len(stays) and (seconds := stays[self._count].seconds) is not None:
            self._one(stays[self._count].state, seconds)
            self._count += 1

    def _one(self, state: str, seconds: float) -> None:
        if state in self._seen:
            self._again[state] = self._again.get(state, 0.0) + seconds
            return
        if self._again:
            self._line(f"again: {' > '.join(self._again)}", sum(self._again.values()))
            self._again = {}
        self._seen.add(state)
        self._line(state, seconds)

    def _line(self, what: str, seconds: float) -> None:
        self._screen.note(f"  {what:<40} {duration(seconds):>8}")


def follow(session: Session, model: Model, execution: Execution) -> Execution:
    """Show each state as it ends; returns the ended execution."""
    session.screen.note(f"{execution.kind} run {execution.run} of {model.name}", style="bold")
    shown = Shown(session.screen)
    with session.screen.status("starting") as status:
        while True:
            execution = describe(session, model, execution.kind, execution.arn)
            stays = visits(history(session, execution.arn))
            shown.show(stays)
            if execution.status != "RUNNING":
                return execution
            status.update(" > ".join(stay.state for stay in stays if stay.seconds is None) or "between two states")
            time.sleep(POLL_SECONDS)


def finish(session: Session, model: Model, execution: Execution) -> None:
    """Follow to the end and show it; a failure is this command's failure.

    Raises:
        Refused: when the execution did not succeed.
    """
    ended = follow(session, model, execution)
    if ended.status != "SUCCEEDED":
        raise Refused(
            f"{ended.kind} run {ended.run} of {model.name} {ended.status}"
            f" in {ended.failed_state or 'no state'}: {ended.reason or 'no cause was given'};"
            f" `./mlops logs {model.name} {ended.run}` shows the log lines, {_again(ended)}",
            Exit.FAILED,
        )
    session.screen.result(
        ended.document(), f"{ended.kind} run {ended.run} of {model.name}: {ended.outcome} ({_took(ended)})"
    )
    for warning in ended.warnings:
        session.screen.note(f"warning: {warning}", style="yellow")
    if ended.outcome == PROMOTED:
        session.screen.note(
            f"once it is approved, it is deployed: see `./mlops models {model.name}`, `./mlops runs {model.name}`"
        )


def _again(ended: Execution) -> str:
    if ended.kind == TRAINING:
        return f"`./mlops train {ended.model}` starts a new run"
    return f"`./mlops deploy {ended.model} --version N` starts a new one"


def _took(ended: Execution) -> str:
    return duration(ended.seconds or 0.0)
