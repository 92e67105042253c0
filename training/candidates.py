"""The protocol of a candidate, and the comparison of two."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from contract.metrics import HIGHER_IS_BETTER, PRIMARY
from contract.model import Contract
from training.arrays import Table
from training.errors import TrainingError

Scores = NDArray[np.float64]


class Candidate(Protocol):
    """A fitted model: scores are the positive class's probability, a probability per class, or the value."""

    def scores(self, table: Table) -> Scores: ...

    def save(self, folder: Path) -> None: ...

    def describe(self) -> dict[str, Any]: ...


def measure(contract: Contract, target: Scores, scores: Scores) -> dict[str, float]:
    """The primary metric first, then those that help to read it."""
    if contract.problem == "regression":
        squared = float(np.mean((target - scores) ** 2))
        return {"rmse": squared**0.5, "mae": float(np.mean(np.abs(target - scores)))}
    if contract.problem == "binary":
        wrong = float(np.mean((scores >= 0.5) != (target == 1.0)))
        return {
            "auc": _auc(target, scores),
            "error": wrong,
            "log_loss": _log_loss(target, np.column_stack([1 - scores, scores])),
        }
    wrong = float(np.mean(np.argmax(scores, axis=1) != target))
    return {"error": wrong, "log_loss": _log_loss(target, scores)}


def is_better(contract: Contract, first: dict[str, float], second: dict[str, float]) -> bool:
    """Tell whether the first is strictly better on the primary metric; on a tie the likelihood decides."""
    primary = PRIMARY[contract.problem]
    if first[primary] != second[primary]:
        return (first[primary] > second[primary]) == (primary in HIGHER_IS_BETTER)
    return first.get("log_loss", 0.0) < second.get("log_loss", 0.0)


def _auc(target: Scores, scores: Scores) -> float:
    from sklearn.metrics import roc_auc_score

    if len(np.unique(target)) < 2:
        raise TrainingError("the validation rows hold one class only: the candidates cannot be compared")
    return float(roc_auc_score(target, scores))


def _log_loss(target: Scores, probabilities: Scores) -> float:
    chosen = probabilities[np.arange(len(target)), target.astype(int)]
    return float(-np.mean(np.log(np.clip(chosen, 1e-15, 1.0))))
