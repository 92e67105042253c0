"""The places of an execution's log lines, as its history tells. Pure."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

TRAINING_JOBS, TRANSFORM_JOBS = "/aws/sagemaker/TrainingJobs", "/aws/sagemaker/TransformJobs"
GLUE_JOBS = "/aws-glue/jobs"
ENDS = ("TaskSucceeded", "TaskFailed", "TaskTimedOut", "TaskSubmitFailed", "TaskStartFailed")


@dataclass(frozen=True)
class Work:
    """One piece of work that a state has given to a service."""

    state: str
    service: str
    """lambda, training, transform or glue."""
    name: str
    """The function's ARN, the job's name, or the id of the Glue run."""
    started: datetime
    ended: datetime | None
    request: str | None = None


def work_of(events: Iterable[Mapping[str, Any]]) -> list[Work]:
    """Every call of a function and every job of an execution, in order."""
    ordered = list(events)
    states: dict[int, str] = {}
    chains: dict[int, int] = {}
    scheduled: dict[int, Mapping[str, Any]] = {}
    later: dict[int, list[Mapping[str, Any]]] = {}
    for event in ordered:
        number, before = event["id"], event.get("previousEventId", 0)
        entered = event.get("stateEnteredEventDetails")
        states[number] = entered["name"] if entered else states.get(before, "")
        if event["type"] == "TaskScheduled":
            scheduled[number], chains[number] = event, number
        elif before in chains and event["type"].startswith("Task"):
            # Events of one task follow each other; those of another one have other predecessors.
            chains[number] = chains[before]
            later.setdefault(chains[before], []).append(event)
    found = (_work(states[number], event, later.get(number, [])) for number, event in scheduled.items())
    return [work for work in found if work is not None]


def _work(state: str, event: Mapping[str, Any], later: list[Mapping[str, Any]]) -> Work | None:
    details = event["taskScheduledEventDetails"]
    resource = f"{details['resourceType']}:{details['resource']}"
    parameters = json.loads(details["parameters"])
    end = next((each for each in later if each["type"] in ENDS), None)
    times = (event["timestamp"], end["timestamp"] if end else None)
    match resource:
        case "lambda:invoke":
            return Work(state, "lambda", parameters["FunctionName"], *times, request=_request(end))
        case "sagemaker:createTrainingJob.sync":
            return Work(state, "training", parameters["TrainingJobName"], *times)
        case "sagemaker:createTransformJob.sync":
            return Work(state, "transform", parameters["TransformJobName"], *times)
        case "glue:startJobRun.sync":
            run = _submitted(later).get("JobRunId")
            return Work(state, "glue", run, *times) if run else None
        case _:
            return None


def _submitted(later: list[Mapping[str, Any]]) -> Mapping[str, Any]:
    for event in later:
        if event["type"] == "TaskSubmitted":
            return json.loads(event["taskSubmittedEventDetails"].get("output") or "{}")
    return {}


def _request(end: Mapping[str, Any] | None) -> str | None:
    """Lambda's request id, where Step Functions tells it."""
    text = (end or {}).get("taskSucceededEventDetails", {}).get("output")
    try:
        return json.loads(text or "{}").get("SdkResponseMetadata", {}).get("RequestId")
    except ValueError:
        return None
