"""Parallel and Map: lines of states side by side; the first failure ends the others."""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import Any

from rehearsal.emulator.stepfunctions import machine
from rehearsal.emulator.stepfunctions.errors import BranchCancelled, EvaluationError, Interruption, StateError
from rehearsal.emulator.stepfunctions.expressions import dumped, within_limit
from rehearsal.emulator.stepfunctions.machine import Run, State, Step
from rehearsal.emulator.stepfunctions.watch import Watch

UNLIMITED = 40
Line = Callable[[Run], Any]


def run_parallel(state: State, data: Any, run: Run) -> Step:
    """All branches with the same input; the result is the list of their outputs."""
    branch_input = run.scope.fill(state["Arguments"], "Arguments", input=data) if "Arguments" in state else data
    run.trail.add("ParallelStateStarted")

    def line(branch: State) -> Line:
        return lambda inner: machine.walk(branch["States"], branch["StartAt"], branch_input, inner)

    try:
        results = _side_by_side([line(branch) for branch in state["Branches"]], [{}] * len(state["Branches"]), run, 0)
    except StateError:
        run.trail.add("ParallelStateFailed")
        raise
    run.trail.add("ParallelStateSucceeded")
    return machine.finish(state, run, data, results)


def run_map(state: State, data: Any, run: Run) -> Step:
    """The item processor once per item; the result is the list of its outputs."""
    items = run.scope.typed("Items", state["Items"], list, input=data) if "Items" in state else data
    if not isinstance(items, list):
        raise EvaluationError(f"Map state input must be an array but was: {dumped(items)}")
    limit = run.scope.typed("MaxConcurrency", state.get("MaxConcurrency", 0), int, input=data)
    run.trail.add("MapStateStarted", length=len(items))
    contexts = [{"Map": {"Item": {"Index": index, "Value": item}}} for index, item in enumerate(items)]

    def line(index: int) -> Line:
        return lambda inner: _iteration(state, data, items[index], index, inner)

    try:
        results = _side_by_side([line(index) for index in range(len(items))], contexts, run, limit)
    except StateError:
        run.trail.add("MapStateFailed")
        raise
    run.trail.add("MapStateSucceeded")
    return machine.finish(state, run, data, results)


def _iteration(state: State, data: Any, item: Any, index: int, run: Run) -> Any:
    names = {"name": run.scope.context["State"]["Name"], "index": index}
    item_input = run.scope.fill(state["ItemSelector"], "ItemSelector", input=data) if "ItemSelector" in state else item
    processor = state["ItemProcessor"]
    run.trail.add("MapIterationStarted", **names)
    try:
        result = machine.walk(processor["States"], processor["StartAt"], item_input, run)
    except StateError:
        run.trail.add("MapIterationFailed", **names)
        raise
    run.trail.add("MapIterationSucceeded", **names)
    return result


def _side_by_side(lines: Sequence[Line], contexts: Sequence[dict[str, Any]], run: Run, limit: int) -> list[Any]:
    if not lines:
        return []
    watch = Watch(run.watch)
    with ThreadPoolExecutor(max_workers=min(limit or UNLIMITED, len(lines))) as pool:
        futures = [
            pool.submit(contextvars.copy_context().run, _one_of_many, line, _inner(run, watch, context))
            for line, context in zip(lines, contexts, strict=True)
        ]
        done, _ = wait(futures, return_when=FIRST_EXCEPTION)
        if _failure(done) is not None:
            for future in futures:
                future.cancel()
            watch.stop(BranchCancelled())
            wait(futures)
        failure = _failure(set(futures))
    watch.close()
    if failure is not None:
        run.watch.check()
        raise failure
    return within_limit([future.result() for future in futures], "result of the branches")


def _one_of_many(line: Line, inner: Run) -> Any:
    """Stop the others before the own end is known: a pool would begin the next line in between."""
    inner.watch.check()
    try:
        return line(inner)
    except StateError:
        inner.watch.stop(BranchCancelled())
        raise


def _inner(run: Run, watch: Watch, context: dict[str, Any]) -> Run:
    scope = run.scope.inner(**context, State=dict(run.scope.context["State"]))
    return replace(run, watch=watch, trail=run.trail.branch(), scope=scope)


def _failure(done: set[Future[Any]]) -> BaseException | None:
    problems = [problem for future in done if not future.cancelled() and (problem := future.exception()) is not None]
    return next((problem for problem in problems if not isinstance(problem, Interruption)), None) or next(
        iter(problems), None
    )
