"""Executions of the two machines, as Step Functions tells them."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from commands.errors import Exit, Refused
from commands.platform import DEPLOYMENT, TRAINING, Model
from commands.session import Session
from contract.run import model_of_execution

# A cause composed by our machines begins with the state: "State: why", or "State (job): why".
NAMED_STATE = re.compile(r"([A-Z]\w+)(?: \([^)]*\))?: (.*)", re.DOTALL)

# The machines serve all models: of so many executions of all, those of one model are looked for.
LOOKED_AT = 5000


@dataclass(frozen=True)
class Execution:
    """One execution, with its output once it has one."""

    arn: str
    kind: str
    model: str
    status: str
    started: datetime
    stopped: datetime | None
    output: Mapping[str, Any]
    error: str = ""
    cause: str = ""

    @property
    def name(self) -> str:
        return self.arn.rsplit(":", 1)[-1]

    @property
    def run(self) -> str:
        """Twelve digits, the same that the machine makes of its start."""
        return self.started.astimezone(UTC).strftime("%y%m%d%H%M%S")

    @property
    def seconds(self) -> float | None:
        return None if self.stopped is None else (self.stopped - self.started).total_seconds()

    @property
    def failed_state(self) -> str | None:
        named = NAMED_STATE.match(self.cause)
        return named[1] if named else None

    @property
    def reason(self) -> str:
        """The reason of a failure, without the state's name; the error where nobody composed a cause."""
        named = NAMED_STATE.match(self.cause)
        return (named[2] if named else self.cause) or self.error

    @property
    def outcome(self) -> str:
        """The verdict of a training, the version of a deployment, the state of a failure."""
        if self.status == "SUCCEEDED":
            return str(self.output.get("verdict") or f"version {self.output.get('version')} serves")
        return "" if self.status == "RUNNING" else self.failed_state or self.error

    @property
    def warnings(self) -> list[str]:
        """The problems that a training went on in spite of."""
        return list(self.output.get("warnings") or [])

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {
            "model": self.model,
            "kind": self.kind,
            "run": self.run,
            "execution": self.arn,
            "status": self.status,
            "started": self.started,
            "stopped": self.stopped,
            "seconds": self.seconds,
            "verdict": self.output.get("verdict"),
            "version": self.output.get("version"),
            "failed_state": self.failed_state,
            "cause": self.reason or None,
            "warnings": self.warnings,
        }


@dataclass(frozen=True)
class Visit:
    """One stay in a state."""

    state: str
    started: datetime
    seconds: float | None


def listed(session: Session, model: Model, kind: str, **more: Any) -> Iterator[dict[str, Any]]:
    """The executions of one machine that are the model's, newest first; `more` goes into the request."""
    states, wanted = session.client("stepfunctions"), {"MaxItems": LOOKED_AT, "PageSize": 1000}
    pages = states.get_paginator("list_executions").paginate(
        stateMachineArn=model.machines[kind], PaginationConfig=wanted, **more
    )
    for entry in (entry for page in pages for entry in page["executions"]):
        arn = entry["executionArn"]
        # What somebody started under a name of their own has to be asked about.
        owner = model_of_execution(arn) or model_of_execution(
            arn, states.describe_execution(executionArn=arn).get("input")
        )
        if owner == model.name:
            yield entry


def latest(session: Session, model: Model, kind: str, limit: int) -> list[Execution]:
    """The model's newest executions of one machine, newest first."""
    entries = islice(listed(session, model, kind), limit)
    return [describe(session, model, kind, entry["executionArn"]) for entry in entries]


def running(session: Session, model: Model, kind: str) -> list[str]:
    """The ARNs of the model's executions of one machine that run now."""
    return [entry["executionArn"] for entry in listed(session, model, kind, statusFilter="RUNNING")]


def describe(session: Session, model: Model, kind: str, arn: str) -> Execution:
    """One execution by its ARN."""
    told = session.client("stepfunctions").describe_execution(executionArn=arn)
    return Execution(
        arn=arn,
        kind=kind,
        model=model.name,
        status=told["status"],
        started=told["startDate"],
        stopped=told.get("stopDate"),
        output=json.loads(told.get("output") or "{}"),
        error=told.get("error", ""),
        cause=told.get("cause", ""),
    )


def find(session: Session, model: Model, run: str | None) -> Execution:
    """The execution of this run id or name, of either machine; the newest training unless said.

    Raises:
        Refused: when there is none.
    """
    for kind in (TRAINING, DEPLOYMENT):
        for entry in listed(session, model, kind):
            made = entry["startDate"].astimezone(UTC).strftime("%y%m%d%H%M%S")
            if run in (None, made, entry["name"]):
                return describe(session, model, kind, entry["executionArn"])
    what = f"run {run!r}" if run else "run"
    raise Refused(f"{model.name} has no {what}: `./mlops runs {model.name}` lists them", Exit.NOT_FOUND)


def history(session: Session, arn: str) -> list[dict[str, Any]]:
    """All events of an execution, oldest first."""
    pages = session.client("stepfunctions").get_paginator("get_execution_history").paginate(executionArn=arn)
    return [event for page in pages for event in page["events"]]


def visits(events: Iterable[Mapping[str, Any]]) -> list[Visit]:
    """The stays in states, in the order of their starts; one without seconds is open."""
    started: list[tuple[str, datetime]] = []
    ended: dict[int, float] = {}
    for event in events:
        if entered := event.get("stateEnteredEventDetails"):
            started.append((entered["name"], event["timestamp"]))
        elif left := event.get("stateExitedEventDetails"):
            position = next((i for i, (name, _) in enumerate(started) if name == left["name"] and i not in ended), None)
            if position is not None:
                ended[position] = (event["timestamp"] - started[position][1]).total_seconds()
    return [Visit(name, time, ended.get(place)) for place, (name, time) in enumerate(started)]
