"""95 % confidence intervals of metrics.

A share of rows: Wilson's score interval (Wilson 1927). AUC: DeLong, DeLong and Clarke-Pearson 1988, computed by
midranks as Sun and Xu 2014 show. Everything else: percentile bootstrap (Efron 1979) with a fixed seed, so that the
same scores always give the same interval.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lambda_src.evaluate_model.metrics import Metric, midranks
from lambda_src.evaluate_model.scores import Flags, Floats, Scores

Z95 = 1.959963984540054
WILSON = "Wilson score interval"
DELONG = "DeLong"
BOOTSTRAP = "percentile bootstrap, fixed seed"
RESAMPLES = 400
FEWEST_RESAMPLES = 100
# Keeps a large hold-out inside the function's time: its intervals are narrow anyway.
RESAMPLED_ROWS = 40_000_000
SEED = 20_000_519


@dataclass(frozen=True)
class Interval:
    """A 95 % confidence interval and how it was found."""

    low: float
    high: float
    method: str


def wilson(share: float, rows: int) -> Interval:
    """Interval of a share of rows."""
    spread = Z95**2 / rows
    centre = (share + spread / 2.0) / (1.0 + spread)
    half = Z95 / (1.0 + spread) * float(np.sqrt(share * (1.0 - share) / rows + spread / (4.0 * rows)))
    return Interval(max(0.0, centre - half), min(1.0, centre + half), WILSON)


def delong_covariance(positive: Flags, scores: list[Floats]) -> Floats:
    """Covariance of the AUCs of several models scored on the same rows."""
    positives, negatives = int(positive.sum()), int((~positive).sum())
    above, below = [], []
    for score in scores:
        ranks = midranks(score)
        above.append((ranks[positive] - midranks(score[positive])) / negatives)
        below.append(1.0 - (ranks[~positive] - midranks(score[~positive])) / positives)
    covariance = np.zeros((len(scores), len(scores)))
    for parts, rows in ((above, positives), (below, negatives)):
        if rows > 1:
            covariance += np.atleast_2d(np.cov(np.vstack(parts))) / rows
    return covariance


def delong(value: float, positive: Flags, score: Floats) -> Interval:
    """Interval of one AUC."""
    half = Z95 * float(np.sqrt(max(0.0, delong_covariance(positive, [score])[0, 0])))
    return Interval(max(0.0, value - half), min(1.0, value + half), DELONG)


def delong_difference(difference: float, positive: Flags, candidate: Floats, champion: Floats) -> Interval:
    """Interval of the difference of two AUCs on the same rows."""
    covariance = delong_covariance(positive, [candidate, champion])
    variance = covariance[0, 0] + covariance[1, 1] - 2.0 * covariance[0, 1]
    half = Z95 * float(np.sqrt(max(0.0, variance)))
    return Interval(difference - half, difference + half, DELONG)


def _bootstrap(rows: int, value: Callable[[np.ndarray], float]) -> Interval:
    random = np.random.default_rng(SEED)
    resamples = max(FEWEST_RESAMPLES, min(RESAMPLES, RESAMPLED_ROWS // rows))
    values = [value(random.integers(0, rows, rows)) for _ in range(resamples)]
    low, high = np.percentile(values, [2.5, 97.5])
    return Interval(float(low), float(high), BOOTSTRAP)


def bootstrap(metric: Metric, scores: Scores) -> Interval:
    """Interval of any metric."""
    return _bootstrap(len(scores), lambda chosen: metric(scores.take(chosen)))


def bootstrap_difference(metric: Metric, candidate: Scores, champion: Scores) -> Interval:
    """Interval of candidate minus champion; both are resampled on the same rows."""
    return _bootstrap(len(candidate), lambda chosen: metric(candidate.take(chosen)) - metric(champion.take(chosen)))


def interval_of(name: str, value: float, metric: Metric, scores: Scores, positive: int) -> Interval:
    """The interval that fits the metric."""
    if name == "error":
        return wilson(value, len(scores))
    if name == "auc":
        return delong(value, scores.truth == positive, scores.probabilities[:, positive])
    return bootstrap(metric, scores)


def difference_of(
    name: str, difference: float, metric: Metric, candidate: Scores, champion: Scores, positive: int
) -> Interval:
    """The interval of a difference that fits the metric."""
    if name == "auc":
        return delong_difference(
            difference,
            candidate.truth == positive,
            candidate.probabilities[:, positive],
            champion.probabilities[:, positive],
        )
    return bootstrap_difference(metric, candidate, champion)
