"""The names of the metrics of each problem, and their direction: gates, training and evaluation share them."""

from __future__ import annotations

METRICS: dict[str, tuple[str, ...]] = {
    "binary": ("auc", "log_loss", "error", "f1", "brier"),
    "multiclass": ("error", "log_loss", "macro_f1"),
    "regression": ("rmse", "mae", "r2"),
}
# The metric that chooses between two models.
PRIMARY = {"binary": "auc", "multiclass": "error", "regression": "rmse"}
HIGHER_IS_BETTER = frozenset({"auc", "f1", "macro_f1", "r2"})
IMPROVEMENT = "minimum_improvement"
# The values that a metric can have; None where there is no bound.
RANGES: dict[str, tuple[float | None, float | None]] = {
    **dict.fromkeys(("auc", "error", "f1", "macro_f1", "brier"), (0.0, 1.0)),
    **dict.fromkeys(("log_loss", "rmse", "mae"), (0.0, None)),
    "r2": (None, 1.0),
}


def gates_of(problem: str) -> tuple[str, ...]:
    """Return the gates that a contract of this problem may set: a limit for each metric, and the improvement."""
    limits = (f"{'minimum' if name in HIGHER_IS_BETTER else 'maximum'}_{name}" for name in METRICS[problem])
    return (*sorted(limits), IMPROVEMENT)
