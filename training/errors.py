"""Failures that a person can act on."""

from __future__ import annotations

import json


class TrainingError(Exception):
    """Training cannot go on: which file and column, and why."""

    def __init__(self, reason: str, *, file: str | None = None, column: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.file = file
        self.column = column


def failure_line(error: BaseException) -> str:
    """The one line that the notifier looks for: the service itself reports no reason of the script."""
    known = isinstance(error, TrainingError)
    content = {
        "file": error.file if known else None,
        "column": error.column if known else None,
        "reason": error.reason if known else f"{type(error).__name__}: {error}",
    }
    return f"PLATFORM_FAILURE {json.dumps(content)}"
