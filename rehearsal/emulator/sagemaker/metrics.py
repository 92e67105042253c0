"""Metrics: what SageMaker reads from a job's log, and what it counts at endpoints."""

from __future__ import annotations

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
# SageMaker counts by the minute: no alarm fires sooner, and none sees a part of a minute. What CloudWatch needs on top
# is not played, for it would leave the shortened bake of a rehearsal no time for requests, which take as long here as
# they take.
MINUTE_SECONDS = 60

Values = dict[str, tuple[float, str]]

_minutes: dict[tuple[str, str], list[Values]] = {}
"""Counts of the running minute of each fleet (endpoint, configuration); a minute begins with its first request."""
_counting = threading.Lock()


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
    with _counting:
        begins = (endpoint, config) not in _minutes
        _minutes.setdefault((endpoint, config), []).append(values)
    if begins:
        background.run(_deliver, endpoint, variant, config)


def _deliver(endpoint: str, variant: str, config: str) -> None:
    """Hand over a minute's counts, all at once, and let the alarms look.

    A new fleet's first answer is slow; in the minute's mean it weighs as one of many.
    """
    time.sleep(clock.shortened(MINUTE_SECONDS))
    with _counting:
        counted = _minutes.pop((endpoint, config))
    dimensions = {"EndpointName": endpoint, "VariantName": variant}
    for values in counted:
        for name, (value, unit) in values.items():
            for of in (dimensions, {**dimensions, "EndpointConfigName": config}):
                cloudwatch.record_metric(ENDPOINT_NAMESPACE, name, value, unit, of)
    cloudwatch._evaluate_all_alarms()
