"""Waiting that ends early: at a time limit, at StopExecution, at a sibling's failure.

All limits and waits of an execution run on one clock, that of AWS: a wait counts with its full length although it
passes faster here, and real work counts with the time that it takes here.
"""

from __future__ import annotations

import contextlib
import contextvars
import queue
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from rehearsal.emulator import clock
from rehearsal.emulator.stepfunctions.errors import Interruption

WAKE = object()
ROUNDING = 1e-6


class Line:
    """The time of one line of states: lines side by side wait at the same time, so each has its own."""

    def __init__(self, skipped: float = 0.0) -> None:
        self.skipped = skipped  # seconds of waits that did not have to pass here

    def now(self) -> float:
        """Seconds on AWS's clock."""
        return time.monotonic() + self.skipped


class Watch:
    """A time limit and a stop switch, inherited by everything that happens below it."""

    def __init__(
        self,
        parent: Watch | None = None,
        seconds: float | None = None,
        expiry: Exception | None = None,
        *,
        line: Line | None = None,
    ) -> None:
        self._parent = parent
        self.line = line or (parent.line if parent is not None else Line())
        self._deadline = None if seconds is None else self.line.now() + seconds
        self._expiry = expiry
        self._stopped: Interruption | None = None
        self._waiting: set[queue.SimpleQueue[Any]] = set()
        self._lock = threading.Lock()
        self._children: list[Watch] = []
        if parent is not None:
            parent._adopt(self)

    def branch(self) -> Watch:
        """A watch for a line of states beside others, which starts at this line's time."""
        return Watch(self, line=Line(self.line.skipped))

    def join(self, branches: Iterable[Watch]) -> None:
        """Go on when the last of the branches has ended."""
        self.line.skipped = max([self.line.skipped, *(branch.line.skipped for branch in branches)])

    def check(self, line: Line | None = None) -> None:
        """Raise what ended the wait, the outermost reason first."""
        line = line or self.line
        if self._parent is not None:
            self._parent.check(line)
        if self._stopped is not None:
            raise self._stopped
        if self._expiry is not None and self._deadline is not None and line.now() >= self._deadline - ROUNDING:
            raise self._expiry

    def stop(self, reason: Interruption) -> None:
        """End everything below this watch; the first reason stays."""
        with self._lock:
            self._stopped = self._stopped or reason
        self._wake()

    def wait(self, seconds: float, *, shortest: float = 0.0) -> None:
        """Let so many seconds pass on AWS's clock, or less if a limit or a stop comes first."""
        left = self._left(self.line)
        length = seconds if left is None else min(seconds, left)
        began = time.monotonic()
        self.sleep(max(clock.shortened(length), shortest if length == seconds else 0))
        self.line.skipped += max(length - (time.monotonic() - began), 0)
        self.check()

    def sleep(self, seconds: float) -> None:
        """Wait so long here, as for real work, or less if a limit or a stop comes first."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.check()
            self._receive(queue.SimpleQueue(), left)
        self.check()

    def call(self, work: Callable[[], Any]) -> Any:
        """The work's result. When the wait ends early, the work goes on in its thread and its result is dropped."""
        self.check()
        answers: queue.SimpleQueue[Any] = queue.SimpleQueue()

        def deliver() -> None:
            try:
                answers.put((work(), None))
            except Exception as problem:
                answers.put((None, problem))

        threading.Thread(target=contextvars.copy_context().run, args=(deliver,), daemon=True).start()
        while (answer := self._receive(answers, None)) is WAKE:
            self.check()
        result, problem = answer
        if problem is not None:
            raise problem
        return result

    def close(self) -> None:
        """Forget this watch: what it limited is over."""
        if self._parent is not None:
            self._parent._disown(self)

    def _receive(self, answers: queue.SimpleQueue[Any], seconds: float | None) -> Any:
        limits = [limit for limit in (seconds, self._left(self.line)) if limit is not None]
        with self._lock:
            self._waiting.add(answers)
        try:
            self.check()  # a stop that came before the line above found nobody to wake
            return answers.get(timeout=max(min(limits), 0) if limits else None)
        except queue.Empty:
            return WAKE
        finally:
            with self._lock:
                self._waiting.discard(answers)

    def _left(self, line: Line) -> float | None:
        own = None if self._deadline is None else self._deadline - line.now()
        above = None if self._parent is None else self._parent._left(line)
        known = [value for value in (own, above) if value is not None]
        return min(known) if known else None

    def _wake(self) -> None:
        with self._lock:
            waiting, children = list(self._waiting), list(self._children)
        for answers in waiting:
            answers.put(WAKE)
        for child in children:
            child._wake()

    def _adopt(self, child: Watch) -> None:
        with self._lock:
            self._children.append(child)

    def _disown(self, child: Watch) -> None:
        with self._lock, contextlib.suppress(ValueError):
            self._children.remove(child)
