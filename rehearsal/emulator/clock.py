"""The rehearsal's time: shorter waits than on AWS, and a clock that tests may put forward."""

from __future__ import annotations

import threading
import time

from rehearsal.emulator import settings

_started = time.monotonic()
_lock = threading.Lock()
_advanced_seconds = 0.0


def shortened(seconds: float) -> float:
    """The length here of a wait of so many seconds on AWS. For waits only, never for limits on real work."""
    return seconds / settings.speed()


def now() -> float:
    """Seconds of AWS's time since the emulator's start. Only what waits for nothing but time passing asks it."""
    with _lock:
        return (time.monotonic() - _started) * settings.speed() + _advanced_seconds


def advance(seconds: float) -> None:
    """Let so much of AWS's time pass at once."""
    global _advanced_seconds
    with _lock:
        _advanced_seconds += seconds
