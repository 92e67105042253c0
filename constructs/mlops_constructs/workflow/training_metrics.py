"""The metrics that SageMaker reads from the log of a training job, as the training code prints them."""

import json
from collections.abc import Mapping
from typing import Final

CANDIDATES: Final = ("boosted", "linear")
METRICS: Final[Mapping[str, tuple[str, ...]]] = {
    "binary": ("auc", "error", "log_loss"),
    "multiclass": ("error", "log_loss"),
    "regression": ("rmse", "mae"),
}


def definitions(problem: str) -> list[dict[str, str]]:
    """One metric definition for each candidate and metric: lines such as `boosted-auc=0.912345;`."""
    names = [f"{candidate}-{metric}" for candidate in CANDIDATES for metric in METRICS[problem]]
    return [{"Name": name, "Regex": f"{name}=([0-9.]+);"} for name in names]


DEFINITIONS: Final = json.dumps({problem: definitions(problem) for problem in METRICS})
"""JSONata: the metric definitions of each kind of problem."""
