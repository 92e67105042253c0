"""The ways in which a state, or a whole execution, ends before its time."""

from __future__ import annotations

CAUSE_LIMIT = 32_768
RUNTIME = "States.Runtime"
TIMEOUT = "States.Timeout"
TASK_FAILED = "States.TaskFailed"
PERMISSIONS = "States.Permissions"
DATA_LIMIT = "States.DataLimitExceeded"
QUERY = "States.QueryEvaluationError"
NO_CHOICE = "States.NoChoiceMatched"


class StateError(Exception):
    """An error with a name, which the state's Retry and Catch may know."""

    def __init__(self, error: str, cause: str) -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause[:CAUSE_LIMIT]


class StateFault(StateError):
    """An error in the state itself and not in what it called: its cause begins with the state and the event."""

    def __init__(self, error: str, cause: str, location: str | None = None) -> None:
        super().__init__(error, cause)
        self.location = location

    def placed(self, state: str, entered: int) -> StateError:
        """The error as Retry, Catch and the execution see it."""
        place = f"An error occurred while executing the state '{state}' (entered at the event id #{entered})."
        return StateError(self.error, f"{place} {self.cause}")


class EvaluationError(StateFault):
    """A field's expression has no value, or one that the field does not take."""

    def __init__(self, cause: str, location: str | None = None) -> None:
        super().__init__(QUERY, cause, location)


class Interruption(Exception):
    """The execution (or the branch of it) goes no further; no Retry or Catch of it runs."""


class ExecutionAborted(Interruption):
    """StopExecution was called, or the machine was deleted."""


class ExecutionTimedOut(Interruption):
    """The machine's TimeoutSeconds expired."""


class BranchCancelled(Interruption):
    """Another branch of the same Parallel or Map state failed."""


class Refused(Exception):
    """A request that the service refuses, with the error code of its API."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
