"""Metrics: what SageMaker reads from a job's log, and what it counts at endpoints."""

from __future__ import annotations

import queue
import re
import threading
import time
from collections.abc import Mapping
from typing import Any

from ministack.services import cloudwatch

from rehearsal.emulator import background, clock

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.cloudwatch": ("_evaluate_all_alarms", "record_metric"),
}

TRAINING_NAMESPACE = "/aws/sagemaker/TrainingJobs"
ENDPOINT_NAMESPACE = "AWS/SageMaker"
# SageMaker counts by the minute: no alarm fires sooner. What CloudWatch needs on top is not played, for it would leave
# the shortened bake of a rehearsal no time for requests, which take as long here as they take.
DELAY_SECONDS = 60
LOOK_SECONDS = 0.2

Counted = tuple[float, dict[str, tuple[float, str]], tuple[dict[str, str], ...]]

_counted: queue.SimpleQueue[Counted] = queue.SimpleQueue()
_delivery = threading.Lock()
_delivering = False


def of_log(definition: Mapping[str, str], text: str) -> list[dict[str, Any]]:
    """The values that a metric definition's expression finds: its first group, where that is a number."""
    found = []
    for match in re.finditer(definition["Regex"], text):
        try:
            value = float(match.group(1))
        except (IndexError, TypeError, ValueError):
            continue
        found.append({"MetricName": definition["Name"], "Value": value, "Timestamp": time.time()})
    return found


def publish_training(job_name: str, values: list[dict[str, Any]]) -> None:
    """The job's own metrics, under its name."""
    for value in values:
        cloudwatch.record_metric(
            TRAINING_NAMESPACE, value["MetricName"], value["Value"], "None", {"TrainingJobName": job_name}
        )


def publish_invocation(
    *, endpoint: str, variant: str, config: str, status: int, model_seconds: float, overhead_seconds: float
) -> None:
    """Publish one invocation's counts, with and without the configuration's name; CloudWatch has them later."""
    values = {
        "Invocations": (1.0, "None"),
        "InvocationsPerInstance": (1.0, "None"),
        "Invocation4XXErrors": (float(400 <= status < 500), "None"),
        "Invocation5XXErrors": (float(status >= 500), "None"),
        "InvocationModelErrors": (float(not 200 <= status < 300), "None"),
        "ModelLatency": (model_seconds * 1e6, "Microseconds"),
        "OverheadLatency": (overhead_seconds * 1e6, "Microseconds"),
    }
    short = {"EndpointName": endpoint, "VariantName": variant}
    due = time.monotonic() + clock.shortened(DELAY_SECONDS)
    _counted.put((due, values, (short, {**short, "EndpointConfigName": config})))
    _start_delivery()


def _start_delivery() -> None:
    global _delivering
    with _delivery:
        if not _delivering:
            background.run(_deliver)
            _delivering = True


def _deliver() -> None:
    """Hand the counts on when they are due; all wait equally long, so the first one is due first.

    Alarms look at a burst together, and also where requests never cease.
    """
    looked_at = 0.0
    while True:
        due, values, sets = _counted.get()
        time.sleep(max(0.0, due - time.monotonic()))
        for dimensions in sets:
            for name, (value, unit) in values.items():
                cloudwatch.record_metric(ENDPOINT_NAMESPACE, name, value, unit, dimensions)
        if _counted.empty() or time.monotonic() - looked_at > LOOK_SECONDS:
            cloudwatch._evaluate_all_alarms()
            looked_at = time.monotonic()
