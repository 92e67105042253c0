"""The work of each type of state."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any

from rehearsal.emulator import settings
from rehearsal.emulator.stepfunctions import jobs, tasks
from rehearsal.emulator.stepfunctions.branches import run_map, run_parallel
from rehearsal.emulator.stepfunctions.errors import NO_CHOICE, TIMEOUT, EvaluationError, StateError, StateFault
from rehearsal.emulator.stepfunctions.expressions import dumped, within_limit
from rehearsal.emulator.stepfunctions.history import included
from rehearsal.emulator.stepfunctions.machine import Run, State, Step, Work, conclude, finish
from rehearsal.emulator.stepfunctions.resources import Integration, parse
from rehearsal.emulator.stepfunctions.watch import Watch

DEFAULT_TASK_SECONDS = 99_999_999


def run_pass(state: State, data: Any, run: Run) -> Step:
    """Pass, and Succeed, which is a Pass without a successor."""
    return conclude(state, run, data, state.get("Next"), input=data)


def run_fail(state: State, data: Any, run: Run) -> Step:
    """End with the state's error."""
    texts = {
        name: run.scope.typed(name, state[name], str, input=data) if name in state else ""
        for name in ("Error", "Cause")
    }
    raise StateError(texts["Error"], texts["Cause"])


def run_choice(state: State, data: Any, run: Run) -> Step:
    """Follow the first rule that holds."""
    for rule in state["Choices"]:
        if run.scope.typed("Condition", rule["Condition"], bool, input=data):
            return conclude(rule, run, data, rule["Next"], input=data)
    if "Default" not in state:
        raise StateError(NO_CHOICE, "No choice rule matched and there is no Default")
    return conclude(state, run, data, state["Default"], input=data)


def run_wait(state: State, data: Any, run: Run) -> Step:
    """Wait: the time passes on AWS's clock."""
    if "Seconds" in state:
        seconds = run.scope.typed("Seconds", state["Seconds"], int, input=data)
    else:
        moment = _moment(run.scope.typed("Timestamp", state["Timestamp"], str, input=data))
        seconds = (moment - datetime.datetime.now(datetime.UTC)).total_seconds()
    if "Seconds" in state and seconds < 0:
        raise EvaluationError(f"Seconds cannot be negative but was: {seconds}", "Seconds")
    run.watch.wait(max(seconds, 0))
    return conclude(state, run, data, state.get("Next"), input=data)


def run_task(state: State, data: Any, run: Run) -> Step:
    """Call a service, or start its job and wait for it."""
    integration = parse(state["Resource"])
    arguments = run.scope.fill(state["Arguments"], "Arguments", input=data) if "Arguments" in state else data
    within_limit(arguments, run.scope.context["State"]["Name"])
    limit = DEFAULT_TASK_SECONDS
    if "TimeoutSeconds" in state:
        limit = run.scope.typed("TimeoutSeconds", state["TimeoutSeconds"], int, input=data)
    names = {"resourceType": integration.resource_type, "resource": integration.resource}
    scheduled: dict[str, Any] = {"region": settings.region(), "parameters": dumped(arguments)}
    if "TimeoutSeconds" in state:
        scheduled["timeoutInSeconds"] = limit
    tasks.prepare(integration, arguments)  # what cannot be a request is not scheduled
    run.trail.add("TaskScheduled", **names, **scheduled)
    run.trail.add("TaskStarted", **names)
    expiry = StateError(TIMEOUT, "")  # recorded: without a cause
    watch = Watch(run.watch, limit, expiry)
    try:
        result = _result(integration, arguments, replace(run, watch=watch), names)
    except StateError as problem:
        kind = "TaskTimedOut" if problem is expiry else "TaskFailed"
        if not isinstance(problem, StateFault):  # then the task was not begun
            cause = {"cause": problem.cause} if problem.cause else {}
            run.trail.add(kind, **names, error=problem.error, **cause)
        raise
    finally:
        watch.close()
    run.trail.add("TaskSucceeded", **names, **included("output", dumped(result)))
    return finish(state, run, data, result)


def _result(integration: Integration, arguments: Any, run: Run, names: dict[str, str]) -> Any:
    if not integration.sync:
        result = run.watch.call(lambda: tasks.call(run.caller, integration, arguments))
    else:
        result = jobs.run(
            run.caller,
            integration,
            arguments,
            run.watch,
            lambda started: run.trail.add("TaskSubmitted", **names, **included("output", dumped(started))),
        )
    return within_limit(result, integration.resource_type)


def _moment(text: str) -> datetime.datetime:
    try:
        moment = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or "T" not in text:
        raise EvaluationError(
            f"The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: {text}",
            "Timestamp",
        )
    return moment


WORK: dict[str, Work] = {
    "Choice": run_choice,
    "Fail": run_fail,
    "Map": run_map,
    "Parallel": run_parallel,
    "Pass": run_pass,
    "Succeed": run_pass,
    "Task": run_task,
    "Wait": run_wait,
}
