"""Alarms that look at their own dimensions and at missing data: what a guarded endpoint update stands on.

ministack compares the sum over all dimensions of a metric, and never counts an empty period.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ministack.services import cloudwatch

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.cloudwatch": (
        "_calc_stats",
        "_dims_from_list",
        "_dims_key",
        "_dispatch_alarm_actions",
        "_evaluate_alarm",
        "_evaluate_parent_alarms",
        "_metrics",
        "_record_history",
        "_stat_value",
    ),
}

Alarm = dict[str, Any]

COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}


def install() -> None:
    """Replace ministack's evaluation; alarms of other kinds (anomaly bands, metric math) keep the stock one."""
    stock = cloudwatch._evaluate_alarm

    def evaluate(alarm: Alarm) -> None:
        if alarm.get("ComparisonOperator") in COMPARISONS and alarm.get("Namespace") and alarm.get("MetricName"):
            _settle(alarm, state_of(alarm, _points(alarm), time.time()))
        else:
            stock(alarm)

    cloudwatch._evaluate_alarm = evaluate


def state_of(alarm: Alarm, points: list[dict[str, Any]], now: float) -> str | None:
    """The state that the points of the last periods give; None leaves the alarm as it is."""
    period, count = int(alarm["Period"]), int(alarm["EvaluationPeriods"])
    missing = alarm.get("TreatMissingData", "missing")
    values = [_value(alarm, points, now - (number + 1) * period, now - number * period) for number in range(count)]
    if all(value is None for value in values) and missing in ("missing", "ignore"):
        return "INSUFFICIENT_DATA" if missing == "missing" else None
    compare = COMPARISONS[alarm["ComparisonOperator"]]
    breaching = [missing == "breaching" if value is None else compare(value, alarm["Threshold"]) for value in values]
    needed = int(alarm.get("DatapointsToAlarm") or count)
    return "ALARM" if sum(breaching) >= needed else "OK"


def _points(alarm: Alarm) -> list[dict[str, Any]]:
    dimensions = cloudwatch._dims_key(cloudwatch._dims_from_list(alarm.get("Dimensions") or []))
    return list(cloudwatch._metrics.get((alarm["Namespace"], alarm["MetricName"], dimensions)) or [])


def _value(alarm: Alarm, points: list[dict[str, Any]], start: float, end: float) -> float | None:
    inside = [point for point in points if start < point["Timestamp"] <= end]
    if not inside:
        return None
    statistic = alarm.get("ExtendedStatistic") or alarm.get("Statistic") or "Average"
    return cloudwatch._stat_value(cloudwatch._calc_stats(inside), statistic, inside)


def _settle(alarm: Alarm, state: str | None) -> None:
    before = alarm["StateValue"]
    if state is None or state == before:
        return
    reason = f"{alarm.get('Statistic')} of {alarm['MetricName']} against the threshold {alarm['Threshold']}: {state}"
    alarm.update(StateValue=state, StateReason=reason, StateUpdatedTimestamp=int(time.time()))
    cloudwatch._record_history(alarm["AlarmName"], before, state, reason)
    cloudwatch._dispatch_alarm_actions(alarm, before, state, reason)
    cloudwatch._evaluate_parent_alarms(alarm)
