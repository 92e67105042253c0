"""The conditions under which each alarm fires: direction, unit and size, in numbers that stand nowhere else."""

import re
from itertools import product
from typing import Any

import pytest

from config.environments import environment
from tests.synth import assembly

MODELS = ("churn", "house-prices")
# Beside the three of each model: metric, statistic, threshold, periods.
PLATFORM: dict[str, tuple[str, str, int, int]] = {
    "intakeage": ("ApproximateAgeOfOldestMessage", "Maximum", 60 * 60, 1),
    "intakedeadletters": ("ApproximateNumberOfMessagesVisible", "Maximum", 1, 1),
    "notifierdeadletters": ("ApproximateNumberOfMessagesVisible", "Maximum", 1, 1),
    "notifiererrors": ("Errors", "Sum", 1, 1),
    "startererrors": ("Errors", "Sum", 1, 1),
}


def _alarms(stage: str) -> dict[str, dict[str, Any]]:
    """The alarms by the name that their construct has, without its hyphens."""
    return {
        re.sub(r"^Alarms|[0-9A-F]{8}$", "", alarm.logical_id): dict(alarm.properties)
        for alarm in assembly(stage).resources("AWS::CloudWatch::Alarm")
    }


def _rows(stage: str) -> dict[str, tuple[str, str, int, int]]:
    config = environment(stage).monitoring
    rows = dict(PLATFORM)
    for model in (name.replace("-", "") for name in MODELS):
        rows[f"{model}5xx"] = ("Invocation5XXErrors", "Sum", config.maximum_5xx_errors, 1)
        # ModelLatency is in microseconds (SageMaker, "Monitor Amazon SageMaker AI with Amazon CloudWatch").
        rows[f"{model}warnings"] = ("RunWarnings", "Sum", 1, 1)
        rows[f"{model}latency"] = ("ModelLatency", "p90", config.maximum_latency_milliseconds * 1000, 5)
    return rows


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_an_alarm_fires_from_its_limit_upwards(stage: str) -> None:
    assert {alarm["ComparisonOperator"] for alarm in _alarms(stage).values()} == {"GreaterThanOrEqualToThreshold"}


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_each_alarm_watches_its_metric_in_the_metrics_own_unit(stage: str) -> None:
    found = {
        name: (
            alarm["MetricName"],
            alarm.get("Statistic") or alarm["ExtendedStatistic"],
            alarm["Threshold"],
            alarm["EvaluationPeriods"],
        )
        for name, alarm in _alarms(stage).items()
    }

    assert found == _rows(stage)


@pytest.mark.parametrize("stage", ["dev", "prod"])
def test_errors_are_looked_at_within_minutes_and_on_one_endpoint_each(stage: str) -> None:
    alarms = _alarms(stage)

    assert all(alarm["Period"] <= 300 for alarm in alarms.values())
    for model, kind in product(MODELS, ("5xx", "latency")):
        alarm = alarms[model.replace("-", "") + kind]
        dimensions = {each["Name"]: each["Value"] for each in alarm["Dimensions"]}
        assert dimensions == {"EndpointName": f"mlops-{stage}-{model}", "VariantName": "AllTraffic"}
        assert alarm["Period"] == 60
