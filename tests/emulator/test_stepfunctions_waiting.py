"""Waits end early: at a limit, at a stop, and for the outermost reason."""

from __future__ import annotations

import threading
import time

import pytest

from rehearsal.emulator.stepfunctions.errors import BranchCancelled, ExecutionAborted, ExecutionTimedOut, StateError
from rehearsal.emulator.stepfunctions.watch import Watch

LONG = 30.0
SOON = 5.0


def test_a_stop_ends_a_sleep_below_it_at_once() -> None:
    outer = Watch()
    inner = Watch(outer, LONG, StateError("States.Timeout", ""))
    began = time.monotonic()
    threading.Timer(0.1, outer.stop, args=(ExecutionAborted(),)).start()
    with pytest.raises(ExecutionAborted):
        inner.sleep(LONG)
    assert time.monotonic() - began < SOON


def test_a_limit_ends_a_call_that_does_not_return() -> None:
    release = threading.Event()
    watch = Watch(None, 0.1, ExecutionTimedOut())
    with pytest.raises(ExecutionTimedOut):
        watch.call(lambda: release.wait(LONG))
    release.set()


def test_the_outer_reason_comes_before_the_inner_one() -> None:
    outer = Watch(None, 0.05, ExecutionTimedOut())
    inner = Watch(outer, 0.05, StateError("States.Timeout", ""))
    with pytest.raises(ExecutionTimedOut):
        inner.sleep(LONG)


def test_the_first_stop_gives_the_reason() -> None:
    watch = Watch()
    watch.stop(BranchCancelled())
    watch.stop(ExecutionAborted())
    with pytest.raises(BranchCancelled):
        watch.check()


def test_a_calls_result_and_its_exception_come_back() -> None:
    watch = Watch()
    assert watch.call(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        watch.call(lambda: 1 // 0)


def test_a_sleep_without_interruption_lasts_as_long_as_asked() -> None:
    began = time.monotonic()
    Watch(None, LONG, ExecutionTimedOut()).sleep(0.15)
    assert time.monotonic() - began >= 0.15
