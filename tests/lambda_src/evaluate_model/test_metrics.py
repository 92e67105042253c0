"""The metrics against scikit-learn's, and the intervals against what they promise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from lambda_src.evaluate_model import intervals
from lambda_src.evaluate_model.measuring import measure
from lambda_src.evaluate_model.metrics import auc, f1_by_class, metrics_of, midranks
from lambda_src.evaluate_model.scores import Floats, Scores

EXACT = {"rel": 1e-9, "abs": 1e-9}
NUMBERS = st.floats(-1e6, 1e6)


@st.composite
def binary_scores(draw: st.DrawFn) -> Scores:
    """Both classes occur; scores are coarse, so that ties are common."""
    rows = draw(st.integers(4, 60))
    truth = np.array([0, 1, *draw(st.lists(st.integers(0, 1), min_size=rows - 2, max_size=rows - 2))], dtype=float)
    positive = np.array(draw(st.lists(st.integers(0, 8), min_size=rows, max_size=rows))) / 8.0
    return Scores(truth, (positive >= 0.5).astype(float), np.column_stack([1.0 - positive, positive]))


@st.composite
def multiclass_scores(draw: st.DrawFn) -> Scores:
    rows, classes = draw(st.integers(3, 40)), draw(st.integers(3, 5))
    truth = np.array(draw(st.lists(st.integers(0, classes - 1), min_size=rows, max_size=rows)), dtype=float)
    weights = st.lists(st.integers(0, 9), min_size=classes, max_size=classes).filter(any)
    raw = np.array(draw(st.lists(weights, min_size=rows, max_size=rows)), dtype=float)
    probabilities = raw / raw.sum(axis=1, keepdims=True)
    return Scores(truth, probabilities.argmax(axis=1).astype(float), probabilities)


@given(binary_scores())
def test_binary_metrics_are_scikit_learns(scores: Scores) -> None:
    truth, positive = scores.truth, scores.probabilities[:, 1]
    found = {name: metric(scores) for name, metric in metrics_of("binary", 1).items()}
    assert found == pytest.approx(
        {
            "auc": sk.roc_auc_score(truth, positive),
            "log_loss": sk.log_loss(truth, scores.probabilities, labels=[0, 1]),
            "error": 1.0 - sk.accuracy_score(truth, scores.prediction),
            "f1": sk.f1_score(truth, scores.prediction, zero_division=0),
            "brier": sk.brier_score_loss(truth, positive),
        },
        **EXACT,
    )


@given(multiclass_scores())
def test_multiclass_metrics_are_scikit_learns(scores: Scores) -> None:
    classes = list(range(scores.probabilities.shape[1]))
    found = {name: metric(scores) for name, metric in metrics_of("multiclass", -1).items()}
    assert found == pytest.approx(
        {
            "error": 1.0 - sk.accuracy_score(scores.truth, scores.prediction),
            "log_loss": sk.log_loss(scores.truth, scores.probabilities, labels=classes),
            "macro_f1": sk.f1_score(scores.truth, scores.prediction, average="macro", zero_division=0),
        },
        **EXACT,
    )


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=50))
def test_regression_metrics_are_scikit_learns(pairs: list[tuple[float, float]]) -> None:
    truth, prediction = np.array(pairs).T
    scores = Scores(truth, prediction, np.empty((len(pairs), 0)))
    found = {name: metric(scores) for name, metric in metrics_of("regression", -1).items()}
    assert found["rmse"] == pytest.approx(sk.root_mean_squared_error(truth, prediction), rel=1e-6)
    assert found["mae"] == pytest.approx(sk.mean_absolute_error(truth, prediction), rel=1e-6)
    assert found["r2"] == pytest.approx(sk.r2_score(truth, prediction), rel=1e-6, abs=1e-6)


def test_a_constant_truth_has_the_r2_that_scikit_learn_gives_it() -> None:
    constant = np.array([2.0, 2.0])
    for prediction in (constant, np.array([1.0, 3.0])):
        scores = Scores(constant, prediction, np.empty((2, 0)))
        assert metrics_of("regression", -1)["r2"](scores) == sk.r2_score(constant, prediction)


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=30))
def test_equal_values_share_the_mean_of_their_ranks(values: list[int]) -> None:
    below = [sum(other < value for other in values) for value in values]
    equal = [values.count(value) for value in values]
    expected = [low + (same + 1) / 2 for low, same in zip(below, equal, strict=True)]
    assert midranks(np.array(values, dtype=float)).tolist() == expected


def test_auc_of_one_class_is_refused_not_invented() -> None:
    with pytest.raises(ValueError, match="both classes"):
        auc(np.array([True, True]), np.array([0.1, 0.2]))


def test_a_class_that_nobody_mentions_has_no_f1() -> None:
    scores = Scores(np.array([0.0, 1.0]), np.array([0.0, 1.0]), np.eye(3)[:2])
    assert np.isnan(f1_by_class(scores)[2])


# --- intervals ---


def simulated(rows: int, seed: int) -> Scores:
    random = np.random.default_rng(seed)
    truth = (random.random(rows) < 0.3).astype(float)
    positive = 1.0 / (1.0 + np.exp(-random.normal(truth * 1.5 - 0.5, 1.0)))
    return Scores(truth, (positive >= 0.5).astype(float), np.column_stack([1.0 - positive, positive]))


@pytest.mark.parametrize(("share", "rows", "low", "high"), [(0.5, 100, 0.4038, 0.5962), (0.0, 20, 0.0, 0.1611)])
def test_wilsons_interval_has_its_published_values(share: float, rows: int, low: float, high: float) -> None:
    found = intervals.wilson(share, rows)
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-4)


def _delong_by_definition(truth: Floats, score: Floats) -> float:
    """The variance straight from the kernel: quadratic, and plain."""
    above, below = score[truth == 1], score[truth == 0]
    kernel = (above[:, None] > below[None, :]) + 0.5 * (above[:, None] == below[None, :])
    by_positive, by_negative = kernel.mean(axis=1), kernel.mean(axis=0)
    return by_positive.var(ddof=1) / len(above) + by_negative.var(ddof=1) / len(below)


@settings(max_examples=50)
@given(binary_scores().filter(lambda scores: 2 <= scores.truth.sum() <= len(scores) - 2))
def test_delongs_variance_by_midranks_is_the_one_by_definition(scores: Scores) -> None:
    covariance = intervals.delong_covariance(scores.truth == 1, [scores.probabilities[:, 1]])
    expected = _delong_by_definition(scores.truth, scores.probabilities[:, 1])
    assert covariance[0, 0] == pytest.approx(expected, abs=1e-12)


def test_a_model_does_not_differ_from_itself() -> None:
    scores = simulated(500, 1)
    positive, score = scores.truth == 1, scores.probabilities[:, 1]
    found = intervals.delong_difference(0.0, positive, score, score)
    assert (found.low, found.high) == pytest.approx((0.0, 0.0), abs=1e-7)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    metrics = metrics_of("binary", 1)
    truth = {name: metric(simulated(400_000, 7)) for name, metric in metrics.items()}
    inside = dict.fromkeys(metrics, 0)
    for seed in range(60):
        for name, entry in measure(metrics, simulated(300, seed), 1).items():
            inside[name] += entry["low"] <= truth[name] <= entry["high"]
    assert all(count >= 50 for count in inside.values()), inside


def test_the_same_scores_give_the_same_interval() -> None:
    scores = simulated(200, 3)
    metric = metrics_of("binary", 1)["log_loss"]
    assert intervals.bootstrap(metric, scores) == intervals.bootstrap(metric, scores)
