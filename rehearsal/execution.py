"""Follow one execution of a state machine, state by state."""

import json
import time
from dataclasses import dataclass
from typing import Any

from contract.run import model_of_execution
from rehearsal.view import View, WaitExpired

# A state's own limit ends it in the machine; somewhat later nobody can be alive in there.
GRACE_SECONDS = 60


class ExecutionEnded(RuntimeError):
    """An execution ended otherwise than by success; the message names state, error and cause."""


@dataclass(frozen=True)
class Visit:
    """One stay in a state."""

    state: str
    seconds: float


class Rounds:
    """Shows each state once: the later rounds of a loop are added up in one line."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._seen: set[str] = set()
        self._again: list[Visit] = []

    def show(self, visit: Visit) -> None:
        if visit.state in self._seen:
            self._again.append(visit)
            return
        if self._again:
            states = " > ".join(dict.fromkeys(again.state for again in self._again))
            self._view.done(f"again: {states}", sum(again.seconds for again in self._again))
            self._again = []
        self._seen.add(visit.state)
        self._view.done(visit.state, visit.seconds)


@dataclass(frozen=True)
class Limits:
    """The time limits of a machine's states, by its own definition."""

    definition: dict[str, Any]

    @classmethod
    def of(cls, states: Any, execution_arn: str) -> "Limits":
        machine = states.describe_execution(executionArn=execution_arn)["stateMachineArn"]
        return cls(json.loads(states.describe_state_machine(stateMachineArn=machine)["definition"]))

    def seconds(self, state: str) -> int:
        """The state's own limit, or the machine's."""
        own = self.definition["States"].get(state, {}).get("TimeoutSeconds")
        return own if isinstance(own, int) else int(self.definition["TimeoutSeconds"])


def wait_for_execution(view: View, states: Any, machine_arn: str, model: str, *, deadline_seconds: float) -> str:
    """The ARN of the machine's only execution for the model, as soon as there is one."""

    def newest() -> str | None:
        executions = states.list_executions(stateMachineArn=machine_arn)["executions"]
        ours = [each["executionArn"] for each in executions if model_of_execution(each["executionArn"]) == model]
        return ours[0] if ours else None

    name = machine_arn.rsplit(":", 1)[-1]
    return view.wait(f"waiting for the start of {name} for {model}", newest, deadline_seconds=deadline_seconds)


def follow(view: View, states: Any, execution_arn: str, *, state_seconds: float | None = None) -> dict[str, Any]:
    """Show each state as it ends. Returns DescribeExecution's answer of the succeeded execution.

    Raises:
        ExecutionEnded: on any other end.
        WaitExpired: when nothing happens in a state for longer than its own limit, or than `state_seconds`.
    """
    shown, since, rounds = 0, time.monotonic(), Rounds(view)
    known_events, limits = 0, Limits.of(states, execution_arn)
    with view.console.status("starting") as status:
        while True:
            execution = states.describe_execution(executionArn=execution_arn)
            events = _history(states, execution_arn)
            visits, open_state = visited(events)
            if len(events) > known_events:
                known_events, since = len(events), time.monotonic()
            for visit in visits[shown:]:
                rounds.show(visit)
            shown = len(visits)
            if execution["status"] != "RUNNING":
                break
            waited = time.monotonic() - since
            allowed = state_seconds or limits.seconds(open_state) + GRACE_SECONDS
            if waited > allowed:
                raise WaitExpired(f"nothing has happened in state {open_state} for more than {allowed:.0f} s")
            status.update(f"{open_state} … {waited:.0f} s of at most {allowed:.0f} s")
            time.sleep(0.3)
    if execution["status"] != "SUCCEEDED":
        raise ExecutionEnded(
            f"{execution['name']} {execution['status']}: {execution.get('error', '')}\n{execution.get('cause', '')}"
        )
    return execution


def visited(events: list[dict[str, Any]]) -> tuple[list[Visit], str]:
    """The finished visits of an execution history in order, and the state that is open now."""
    entered: dict[str, Any] = {}
    visits: list[Visit] = []
    for event in events:
        if "stateEnteredEventDetails" in event:
            name = event["stateEnteredEventDetails"]["name"]
            entered[name] = event["timestamp"]
        elif "stateExitedEventDetails" in event:
            name = event["stateExitedEventDetails"]["name"]
            if name in entered:
                visits.append(Visit(name, (event["timestamp"] - entered.pop(name)).total_seconds()))
    return visits, next(reversed(entered), "between two states")


def _history(states: Any, execution_arn: str) -> list[dict[str, Any]]:
    pages = states.get_paginator("get_execution_history").paginate(executionArn=execution_arn)
    return [event for page in pages for event in page["events"]]
