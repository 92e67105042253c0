"""The metrics, in numpy alone; the tests hold them against scikit-learn's."""

from collections.abc import Callable, Mapping

import numpy as np

from lambda_src.evaluate_model.scores import Codes, Flags, Floats, Scores

Metric = Callable[[Scores], float]


def midranks(values: Floats) -> Floats:
    """Ranks from 1; equal values share the mean of their ranks."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2.0)[inverse]


def auc(positive: Flags, score: Floats) -> float:
    """Probability that a positive row is scored above a negative one, ties counting half."""
    positives = int(positive.sum())
    negatives = len(positive) - positives
    if not positives or not negatives:
        raise ValueError("auc needs rows of both classes")
    rank_sum = float(midranks(score)[positive].sum())
    return (rank_sum - positives * (positives + 1) / 2.0) / (positives * negatives)


def log_losses(scores: Scores) -> Floats:
    """Each row's loss; a probability of nought is taken as the smallest step, so that no loss is infinite."""
    smallest = np.finfo(np.float64).eps
    rows = np.arange(len(scores))
    chosen = scores.probabilities[rows, scores.truth.astype(np.int64)]
    return -np.log(np.clip(chosen, smallest, 1.0 - smallest))


def confusion(scores: Scores) -> Codes:
    """Counts by truth (rows) and prediction (columns)."""
    classes = scores.probabilities.shape[1]
    cells = scores.truth.astype(np.int64) * classes + scores.prediction.astype(np.int64)
    return np.bincount(cells, minlength=classes * classes).reshape(classes, classes)


def f1_by_class(scores: Scores) -> Floats:
    """F1 of each class; nan for a class that neither truth nor prediction knows."""
    table = confusion(scores)
    hits = np.diag(table).astype(np.float64)
    mentions = (table.sum(axis=0) + table.sum(axis=1)).astype(np.float64)
    with np.errstate(invalid="ignore"):
        return np.where(mentions > 0, 2.0 * hits / mentions, np.nan)


def error(scores: Scores) -> float:
    """The share of wrong predictions."""
    return float(np.mean(scores.truth != scores.prediction))


def log_loss(scores: Scores) -> float:
    """Mean negative logarithm of the probability given to the true class."""
    return float(np.mean(log_losses(scores)))


def macro_f1(scores: Scores) -> float:
    """Unweighted mean of F1 over the classes that occur."""
    return float(np.nanmean(f1_by_class(scores)))


def binary_metrics(positive: int) -> dict[str, Metric]:
    """The metrics of a binary model; `positive` is the position of the positive class."""

    def truth(scores: Scores) -> Flags:
        return scores.truth == positive

    return {
        "auc": lambda scores: auc(truth(scores), scores.probabilities[:, positive]),
        "log_loss": log_loss,
        "error": error,
        "f1": lambda scores: float(np.nan_to_num(f1_by_class(scores)[positive])),
        "brier": lambda scores: float(np.mean((scores.probabilities[:, positive] - truth(scores)) ** 2)),
    }


def rmse(scores: Scores) -> float:
    """Root of the mean squared error."""
    return float(np.sqrt(np.mean((scores.truth - scores.prediction) ** 2)))


def mae(scores: Scores) -> float:
    """Mean absolute error."""
    return float(np.mean(np.abs(scores.truth - scores.prediction)))


def r2(scores: Scores) -> float:
    """Share of the variance that is explained; for a constant truth 1 if it is hit exactly, else 0."""
    residual = float(np.sum((scores.truth - scores.prediction) ** 2))
    total = float(np.sum((scores.truth - scores.truth.mean()) ** 2))
    if total == 0.0:
        return 1.0 if residual == 0.0 else 0.0
    return 1.0 - residual / total


MULTICLASS: Mapping[str, Metric] = {"error": error, "log_loss": log_loss, "macro_f1": macro_f1}
REGRESSION: Mapping[str, Metric] = {"rmse": rmse, "mae": mae, "r2": r2}


def metrics_of(problem: str, positive: int) -> Mapping[str, Metric]:
    """The metrics reported for one kind of problem."""
    return {"binary": binary_metrics(positive), "multiclass": MULTICLASS, "regression": REGRESSION}[problem]
