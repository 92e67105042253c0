"""Finds in an execution's history, newest event first, where and why it failed. Pure."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lambda_src.notifier.ways_out import WAYS_OUT

# The event types that end a task badly; the details hold error and cause.
FAILURE = re.compile(r"(TaskFailed|TaskTimedOut|TaskSubmitFailed|TaskStartFailed|Lambda.*Failed|Lambda.*TimedOut)$")
# An expression without a value: the event names its state, and does not follow the entry of it.
EVALUATION = "EvaluationFailed"
NAMED_STATE = re.compile(r"(\w+)(?: \([^)]*\))?: ")
# SageMaker's own pattern: a cause may say anything, and what is no name of a job has no log.
JOB_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", re.ASCII)
TRAINING_LOGS = "/aws/sagemaker/TrainingJobs"
TRANSFORM_LOGS = "/aws/sagemaker/TransformJobs"


@dataclass(frozen=True)
class Failure:
    """The state that failed, its error and the cause."""

    state: str
    error: str
    cause: str


@dataclass(frozen=True)
class Job:
    """A SageMaker job whose log may say more than Step Functions knows."""

    name: str
    log_group: str


class HistoryReader:
    """Takes events newest first, until it knows enough."""

    def __init__(self) -> None:
        self._last_entered: str | None = None
        self._details: Mapping[str, Any] | None = None
        self._waiting_for: set[int] = set()

    def read(self, events: Iterable[Mapping[str, Any]]) -> Failure | None:
        """The failing task; None while the history so far holds none."""
        for event in events:
            found = self._take(event)
            if found:
                return found
        return None

    @property
    def last_entered(self) -> str | None:
        """The state the execution was in last: all there is to say of an abort or a time-out."""
        return self._last_entered

    def _take(self, event: Mapping[str, Any]) -> Failure | None:
        entered = event.get("stateEnteredEventDetails", {}).get("name")
        if entered and self._last_entered is None:
            self._last_entered = entered
        if self._details is None and event["type"] == EVALUATION:
            details = _details(event)
            return Failure(details["state"], details.get("error", ""), details.get("cause", ""))
        if self._details is None and FAILURE.search(event["type"]):
            self._details = _details(event)
            self._waiting_for = {event["id"], event.get("previousEventId", 0)}
            return None
        if self._details is not None and event["id"] in self._waiting_for:
            # Events of parallel branches are interleaved: only the chain of predecessors leads to the right state.
            self._waiting_for.add(event.get("previousEventId", 0))
            if entered:
                return Failure(entered, self._details.get("error", ""), self._details.get("cause", ""))
        return None


def _details(event: Mapping[str, Any]) -> Mapping[str, Any]:
    return next((value for name, value in event.items() if name.endswith("EventDetails")), {})


def failed_job(cause: str) -> Job | None:
    """The SageMaker job that a cause describes, if it does."""
    described = _as_mapping(cause)
    for member, log_group in (("TrainingJobName", TRAINING_LOGS), ("TransformJobName", TRANSFORM_LOGS)):
        if JOB_NAME.fullmatch(str(described.get(member, ""))):
            return Job(str(described[member]), log_group)
    return None


def named_state(cause: str) -> str | None:
    """The state that a cause composed by our machines begins with: "State: why", or "State (job): why"."""
    found = NAMED_STATE.match(cause)
    return found[1] if found and found[1] in WAYS_OUT else None


def readable(cause: str) -> str:
    """The sentence inside a cause: Lambda, SageMaker and Glue each wrap it in JSON of their own."""
    described = _as_mapping(cause)
    for name in ("errorMessage", "FailureReason", "ErrorMessage", "StatusDetails"):
        if described.get(name):
            return str(described[name])
    return cause


def _as_mapping(text: str) -> Mapping[str, Any]:
    """Causes are cut at a length, so JSON that ends in the middle is common and no error, nor is too deep a nesting."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return dict(re.findall(r'"(errorMessage|FailureReason|ErrorMessage|Tra\w+JobName)"\s*:\s*"([^"]*)', text))
    return value if isinstance(value, Mapping) else {}
