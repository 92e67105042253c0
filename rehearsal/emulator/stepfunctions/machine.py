"""The walk through a machine's states."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import now_iso

from rehearsal.emulator.stepfunctions.errors import RUNTIME, EvaluationError, StateError, StateFault
from rehearsal.emulator.stepfunctions.expressions import Scope, dumped, within_limit
from rehearsal.emulator.stepfunctions.history import Trail, included
from rehearsal.emulator.stepfunctions.retries import Retries, catcher_for
from rehearsal.emulator.stepfunctions.tasks import Caller
from rehearsal.emulator.stepfunctions.watch import Watch

SHORTEST_RETRY_SECONDS = 0.05
# Recorded: a Map or Parallel state says that it failed when no retry is left, before its Catch.
FAILURE_EVENTS = {"Map": "MapStateFailed", "Parallel": "ParallelStateFailed"}
State = Mapping[str, Any]
Work = Callable[[State, Any, "Run"], "Step"]


@dataclass(frozen=True)
class Run:
    """One line of an execution, as every state of it needs it."""

    caller: Caller
    watch: Watch
    trail: Trail
    scope: Scope
    kinds: Mapping[str, Work]


@dataclass(frozen=True)
class Step:
    """The next state, its data, and the variables that are set on the way."""

    output: Any
    following: str | None
    assigned: Mapping[str, Any]


@dataclass(frozen=True)
class Visit:
    """One stay in a state: the event of its entry and the one before."""

    name: str
    before: int
    entered: int


def walk(states: Mapping[str, State], start: str, data: Any, run: Run) -> Any:
    """Run states from `start` to an end; the last state's output."""
    name: str | None = start
    while name is not None:
        run.watch.check()
        state = states[name]
        kind, before = state["Type"], run.trail.previous
        run.scope.context["State"] = {"EnteredTime": now_iso(), "Name": name, "RetryCount": 0}
        entered = run.trail.add(f"{kind}StateEntered", name=name, **included("input", dumped(data)))
        step = _stay(Visit(name, before, entered), state, data, run)
        run.scope.variables.update(step.assigned)
        data = step.output
        texts = {variable: dumped(value) for variable, value in step.assigned.items()}
        assigned = included("assignedVariables", texts) if texts else {}
        run.trail.add(f"{kind}StateExited", name=name, **included("output", dumped(data)), **assigned)
        name = step.following
    return data


def finish(state: State, run: Run, data: Any, result: Any, following: str | None = None) -> Step:
    """The common end of a state: Output and Assign, both from the variables as they were."""
    return conclude(state, run, result, following or state.get("Next"), input=data, result=result)


def conclude(fields: State, run: Run, default: Any, following: str | None, **visible: Any) -> Step:
    """Output (or the default) and Assign of a state, a choice rule or a catcher."""
    output = run.scope.fill(fields["Output"], "Output", **visible) if "Output" in fields else default
    assigned = run.scope.assign(fields.get("Assign", {}), **visible)
    return Step(within_limit(output, run.scope.context["State"]["Name"]), following, assigned)


def _stay(visit: Visit, state: State, data: Any, run: Run) -> Step:
    work = run.kinds[state["Type"]]
    retries = Retries(state.get("Retry", []))
    while True:
        run.scope.context["State"]["RetryCount"] = retries.count
        try:
            return work(state, data, run)
        except RecursionError:
            raise StateError(RUNTIME, f"The state '{visit.name}' is nested too deeply") from None
        except StateError as found:
            problem = _placed(visit, run, found)
            delay = retries.delay(problem.error)
            if delay is None:
                return _caught(visit, state, data, run, problem)
        run.watch.wait(delay, shortest=SHORTEST_RETRY_SECONDS)


def _placed(visit: Visit, run: Run, problem: StateError) -> StateError:
    """The problem with its place in the machine; one of an inner state has its place already."""
    if not isinstance(problem, StateFault):
        return problem
    placed = problem.placed(visit.name, visit.entered)
    if isinstance(problem, EvaluationError):
        if run.trail.previous == visit.entered:
            run.trail.previous = visit.before  # recorded: it does not follow the entry of its own state
        location = {"location": problem.location} if problem.location else {}
        run.trail.add("EvaluationFailed", error=placed.error, cause=placed.cause, state=visit.name, **location)
    return placed


def _caught(visit: Visit, state: State, data: Any, run: Run, problem: StateError) -> Step:
    if state["Type"] in FAILURE_EVENTS:
        run.trail.add(FAILURE_EVENTS[state["Type"]])
    catcher = catcher_for(state.get("Catch", []), problem.error)
    if catcher is None:
        raise problem
    error_output = {"Error": problem.error, "Cause": problem.cause}
    try:
        return conclude(catcher, run, error_output, catcher["Next"], input=data, errorOutput=error_output)
    except StateError as found:
        raise _placed(visit, run, found) from None
