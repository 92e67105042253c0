"""The linear candidate: a penalised linear or logistic regression, saved as plain JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from contract.model import Contract, Problem
from training.arrays import Table, target_array
from training.candidates import Scores, is_better, measure
from training.errors import TrainingError
from training.preprocessing import Matrix, Preprocessing

FILE = "linear.json"
# Strength of the L2 penalty per row, the strongest first: on a tie the simpler model stays.
PENALTIES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5)
MOST_ITERATIONS = 2000
# More digits are noise of the solver that differs between processors.
SIGNIFICANT_DIGITS = 8


class Linear:
    """Coefficients: one row of them, or one per class."""

    def __init__(
        self, problem: Problem, preprocessing: Preprocessing, penalty: float, coefficients: Matrix, intercepts: Matrix
    ) -> None:
        self.preprocessing = preprocessing
        self.penalty = penalty
        self._problem = problem
        self._coefficients = coefficients
        self._intercepts = intercepts

    def scores(self, table: Table) -> Scores:
        sums = self.preprocessing.indicators(table) @ self._coefficients.T + self._intercepts
        if self._problem == "regression":
            return sums[:, 0]
        if self._problem == "binary":
            return _sigmoid(sums[:, 0])
        powers = np.exp(sums - sums.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    def save(self, folder: Path) -> None:
        content = {
            "penalty": self.penalty,
            "coefficients": self._coefficients.tolist(),
            "intercepts": self._intercepts.tolist(),
        }
        (folder / FILE).write_text(json.dumps(content, sort_keys=True, separators=(",", ":")))

    def describe(self) -> dict[str, Any]:
        return {"kind": "linear", "penalty": self.penalty}

    @classmethod
    def load(cls, folder: Path, problem: Problem, preprocessing: Preprocessing) -> Linear:
        content = json.loads((folder / FILE).read_text())
        coefficients, intercepts = np.array(content["coefficients"]), np.array(content["intercepts"])
        return cls(problem, preprocessing, content["penalty"], coefficients, intercepts)


def fit_with_validation(contract: Contract, train: Table, validation: Table) -> Linear:
    """The penalty that does best on the validation rows; weaker ones are not tried once they stop helping."""
    preprocessing = Preprocessing.fit(contract, train)
    target = target_array(contract, validation)
    best: tuple[Linear, dict[str, float]] | None = None
    for penalty in PENALTIES:
        candidate = _fit(contract, preprocessing, train, penalty)
        metrics = measure(contract, target, candidate.scores(validation))
        if best is None or is_better(contract, metrics, best[1]):
            best = (candidate, metrics)
        elif penalty < best[0].penalty / 10:
            break
    if best is None:
        raise TrainingError("no penalty was tried")
    return best[0]


def refit(contract: Contract, found: Linear, table: Table) -> Linear:
    """The same penalty on all rows."""
    return _fit(contract, Preprocessing.fit(contract, table), table, found.penalty)


def _fit(contract: Contract, preprocessing: Preprocessing, table: Table, penalty: float) -> Linear:
    from sklearn.linear_model import LogisticRegression, Ridge
    from threadpoolctl import threadpool_limits

    matrix, target = preprocessing.indicators(table), target_array(contract, table)
    strength = penalty * table.row_count
    # One thread: with more of them the sums of a matrix product may round differently from run to run.
    with threadpool_limits(1):
        if contract.problem == "regression":
            ridge = Ridge(alpha=strength, solver="cholesky").fit(matrix, target)
            coefficients, intercepts = np.atleast_2d(ridge.coef_), np.atleast_1d(ridge.intercept_)
            return Linear(contract.problem, preprocessing, penalty, _rounded(coefficients), _rounded(intercepts))
        if len(np.unique(target)) < 2:
            raise TrainingError("the training rows hold one class only", column=contract.target)
        model = LogisticRegression(C=1.0 / strength, max_iter=MOST_ITERATIONS).fit(matrix, target)
    coefficients, intercepts = _per_class(contract, model)
    return Linear(contract.problem, preprocessing, penalty, _rounded(coefficients), _rounded(intercepts))


def _per_class(contract: Contract, model: Any) -> tuple[Matrix, Matrix]:
    """A row for every class of the contract, also for those that no training row has."""
    if contract.problem == "binary":
        return model.coef_, model.intercept_
    coefficients = np.zeros((len(contract.classes), model.coef_.shape[1]))
    intercepts = np.full(len(contract.classes), -1e9)
    present = model.classes_.astype(int)
    if len(present) == 2:  # scikit-learn then keeps one row, for the second class against the first
        coefficients[present[1]], intercepts[present[1]] = model.coef_[0], model.intercept_[0]
        intercepts[present[0]] = 0.0
    else:
        coefficients[present], intercepts[present] = model.coef_, model.intercept_
    return coefficients, intercepts


def _rounded(values: Matrix) -> Matrix:
    digits = SIGNIFICANT_DIGITS - 1
    return np.array([float(f"{value:.{digits}e}") for value in values.ravel()]).reshape(values.shape)


def _sigmoid(sums: Scores) -> Scores:
    return np.exp(-np.logaddexp(0.0, -sums))
