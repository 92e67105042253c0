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
# A line's result, and the event that leads on from it.
Line = Callable[[Run], tuple[Any, int]]


def run_parallel(state: State, data: Any, run: Run) -> Step:
    """All branches with the same input; the result is the list of their outputs."""
    branch_input = run.scope.fill(state["Arguments"], "Arguments", input=data) if "Arguments" in state else data
    run.trail.add("ParallelStateStarted")

    def line(branch: State) -> Line:
        return lambda inner: (
            machine.walk(branch["States"], branch["StartAt"], branch_input, inner),
            inner.trail.previous,
        )

    lines = [line(branch) for branch in state["Branches"]]
    results = _Group(run, [{}] * len(lines), len(lines)).results(lines)
    run.trail.note("ParallelStateSucceeded")
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

    results = _Group(run, contexts, limit or UNLIMITED).results([line(index) for index in range(len(items))])
    run.trail.note("MapStateSucceeded")
    return machine.finish(state, run, data, results)


def _iteration(state: State, data: Any, item: Any, index: int, run: Run) -> tuple[Any, int]:
    names = {"name": run.scope.context["State"]["Name"], "index": index}
    item_input = run.scope.fill(state["ItemSelector"], "ItemSelector", input=data) if "ItemSelector" in state else item
    processor = state["ItemProcessor"]
    run.trail.add("MapIterationStarted", **names)
    try:
        result = machine.walk(processor["States"], processor["StartAt"], item_input, run)
    except StateError:
        run.trail.note("MapIterationFailed", **names)
        raise
    return result, run.trail.note("MapIterationSucceeded", **names)


class _Group:
    """The lines of one state, at most `limit` of them at a time."""

    def __init__(self, run: Run, contexts: Sequence[dict[str, Any]], limit: int) -> None:
        self._run = run
        self._contexts = contexts
        self._limit = limit
        self._watch = Watch(run.watch)
        self._watches = [self._watch.branch() for _ in contexts]
        self._slot = (run.trail.previous, run.watch.line.skipped)  # the event and the time at which a line begins
        self._lead = run.trail.previous  # the event that leads on from the state
        self._failed = False

    def results(self, lines: Sequence[Line]) -> list[Any]:
        """The results of the lines, in their order; the first failure ends the others and is raised."""
        if not lines:
            return []
        with ThreadPoolExecutor(max_workers=min(self._limit, len(lines))) as pool:
            futures = [
                pool.submit(contextvars.copy_context().run, self._walk, line, index) for index, line in enumerate(lines)
            ]
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            if _failure(done) is not None:
                for future in futures:
                    future.cancel()
                self._watch.stop(BranchCancelled())
                wait(futures)
            failure = _failure(set(futures))
        self._watch.close()
        self._run.watch.join(self._watches)
        self._run.trail.previous = self._lead
        if failure is not None:
            self._run.watch.check()
            raise failure
        name = self._run.scope.context["State"]["Name"]
        return within_limit([future.result() for future in futures], name)

    def _walk(self, line: Line, index: int) -> Any:
        inner = self._inner(index)
        inner.watch.check()
        try:
            result, lead = line(inner)
        except StateError:
            # Stop the others before the own end is known: a pool would begin the next line in between.
            self._watch.stop(BranchCancelled())
            self._lead, self._failed = inner.trail.previous, True
            raise
        self._slot = (inner.trail.previous, inner.watch.line.skipped)
        self._lead = self._lead if self._failed else lead
        return result

    def _inner(self, index: int) -> Run:
        scope = self._run.scope.inner(**self._contexts[index], State=dict(self._run.scope.context["State"]))
        start, skipped = (
            self._slot if index >= self._limit else (self._run.trail.previous, self._run.watch.line.skipped)
        )
        watch = self._watches[index]
        watch.line.skipped = skipped
        return replace(self._run, watch=watch, trail=self._run.trail.branch(start), scope=scope)


def _failure(done: set[Future[Any]]) -> BaseException | None:
    problems = [problem for future in done if not future.cancelled() and (problem := future.exception()) is not None]
    return next((problem for problem in problems if not isinstance(problem, Interruption)), None) or next(
        iter(problems), None
    )
