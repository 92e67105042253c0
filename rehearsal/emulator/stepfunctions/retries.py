"""Retry and Catch: which one knows an error, and how long a retry waits."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from rehearsal.emulator.stepfunctions.errors import RUNTIME, TASK_FAILED, TIMEOUT

ALL = "States.ALL"
HEARTBEAT = "States.HeartbeatTimeout"
DEFAULT_ATTEMPTS = 3
DEFAULT_INTERVAL_SECONDS = 1
DEFAULT_BACKOFF_RATE = 2.0


def knows(names: Sequence[str], error: str) -> bool:
    """Tell whether an ErrorEquals list matches the error."""
    if error == RUNTIME:
        return False
    if error in names or (error == HEARTBEAT and TIMEOUT in names):
        return True
    # Recorded on AWS: States.ALL catches States.DataLimitExceeded, although the developer guide denies it.
    return ALL in names or (TASK_FAILED in names and error not in (TIMEOUT, HEARTBEAT))


class Retries:
    """The retries of one visit of a state; each retrier counts for itself."""

    def __init__(self, retriers: Sequence[Mapping[str, Any]]) -> None:
        self._retriers = retriers
        self._used = [0] * len(retriers)

    @property
    def count(self) -> int:
        """The context object's State.RetryCount."""
        return sum(self._used)

    def delay(self, error: str) -> float | None:
        """Seconds to wait before the next attempt (as on AWS, not shortened), or None when there is none."""
        for index, retrier in enumerate(self._retriers):
            if knows(retrier["ErrorEquals"], error):
                if self._used[index] >= retrier.get("MaxAttempts", DEFAULT_ATTEMPTS):
                    return None
                self._used[index] += 1
                return delay_seconds(retrier, self._used[index])
        return None


def delay_seconds(retrier: Mapping[str, Any], attempt: int) -> float:
    """The wait before the attempt (the first retry is 1)."""
    interval = retrier.get("IntervalSeconds", DEFAULT_INTERVAL_SECONDS)
    delay = interval * retrier.get("BackoffRate", DEFAULT_BACKOFF_RATE) ** (attempt - 1)
    delay = min(delay, retrier.get("MaxDelaySeconds", delay))
    return random.uniform(0, delay) if retrier.get("JitterStrategy") == "FULL" else delay


def catcher_for(catchers: Sequence[Mapping[str, Any]], error: str) -> Mapping[str, Any] | None:
    """The first Catch that knows the error."""
    return next((catcher for catcher in catchers if knows(catcher["ErrorEquals"], error)), None)
