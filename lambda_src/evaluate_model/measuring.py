"""Measures one model: every metric with its interval, and the same metrics by slice."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from lambda_src.evaluate_model.intervals import interval_of
from lambda_src.evaluate_model.metrics import Metric
from lambda_src.evaluate_model.scores import Scores

SMALL_SLICE_ROWS = 30
MAXIMUM_SLICE_VALUES = 50


def measure(metrics: Mapping[str, Metric], scores: Scores, positive: int) -> dict[str, dict[str, Any]]:
    """Value and 95 % interval of each metric."""
    measured = {}
    for name, metric in metrics.items():
        value = metric(scores)
        interval = interval_of(name, value, metric, scores, positive)
        measured[name] = {"value": value, **asdict(interval)}
    return measured


def by_slice(
    metrics: Mapping[str, Metric], scores: Scores, slices: Mapping[str, list[Any]]
) -> dict[str, list[dict[str, Any]]]:
    """The metrics of each value of each slice column, the most frequent values first."""
    return {column: _column(metrics, scores, values) for column, values in slices.items()}


def _column(metrics: Mapping[str, Metric], scores: Scores, values: list[Any]) -> list[dict[str, Any]]:
    rows: dict[Any, list[int]] = defaultdict(list)
    for position, value in enumerate(values):
        rows[value].append(position)
    ordered = sorted(rows.items(), key=lambda entry: (-len(entry[1]), str(entry[0])))
    return [
        {
            "value": value,
            "rows": len(chosen),
            "small": len(chosen) < SMALL_SLICE_ROWS,
            "metrics": _computable(metrics, scores.take(np.array(chosen))),
        }
        for value, chosen in ordered[:MAXIMUM_SLICE_VALUES]
    ]


def _computable(metrics: Mapping[str, Metric], scores: Scores) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for name, metric in metrics.items():
        try:
            found[name] = metric(scores)
        except ValueError:
            # A slice of one class has no auc; that is no fault of the model.
            found[name] = None
    return found
