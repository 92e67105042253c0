"""Population stability index: how far new data has moved from what the champion was trained on. Pure."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lambda_src.validate_data.findings import Finding

# The usual reading of the index: below 0.1 stable, above 0.25 another population.
DRIFT_LIMIT = 0.25
# With fewer rows the index is noise: it grows by about (bins - 1) / rows even if nothing moved.
MINIMUM_ROWS = 500
SMOOTHING = 0.5


def stability_index(expected: Sequence[int], actual: Sequence[int]) -> float:
    """Sum over the bins of (actual - expected) * ln(actual / expected), in shares; empty bins count half a row."""
    expected_rows = sum(expected) + SMOOTHING * len(expected)
    actual_rows = sum(actual) + SMOOTHING * len(actual)
    total = 0.0
    for before, after in zip(expected, actual, strict=True):
        expected_share = (before + SMOOTHING) / expected_rows
        actual_share = (after + SMOOTHING) / actual_rows
        total += (actual_share - expected_share) * math.log(actual_share / expected_share)
    return total


def indices(baseline: Mapping[str, Any], counted: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """The index of each column that both know; missing values are a bin of their own."""
    return {
        name: stability_index(
            [entry["missing"], *entry["counts"]], [counted[name]["missing"], *counted[name]["counts"]]
        )
        for name, entry in baseline["columns"].items()
        if name in counted
    }


def check_drift(found: Mapping[str, float], severity: str) -> Iterator[Finding]:
    """Columns that moved too far."""
    for name, index in sorted(found.items(), key=lambda entry: -entry[1]):
        if index > DRIFT_LIMIT:
            yield Finding(
                "drift",
                severity,
                f"the new rows differ from the champion's training data: index {index:.2f}, limit {DRIFT_LIMIT}",
                column=name,
            )
