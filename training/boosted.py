"""The boosted candidate: gradient-boosted trees, saved as XGBoost's own UBJSON."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import xgboost as xgb

from contract.model import Contract
from training.arrays import Table, target_array
from training.candidates import Scores
from training.errors import TrainingError
from training.preprocessing import Preprocessing

FILE = "booster.ubj"
# A fixed number: with another one the sums of the histograms round differently, and so do the bytes of the model.
THREADS = 2
OBJECTIVES = {
    "binary": ("binary:logistic", "logloss"),
    "multiclass": ("multi:softprob", "mlogloss"),
    "regression": ("reg:squarederror", "rmse"),
}
ROUNDS = {"rounds": 500, "early_stopping_rounds": 30}
TREES: dict[str, Any] = {
    "learning_rate": 0.1,
    "max_depth": 6,
    "min_child_weight": 1.0,
    "subsample": 1.0,
    "colsample_bytree": 1.0,
    "reg_lambda": 1.0,
    "reg_alpha": 0.0,
    "gamma": 0.0,
    "max_bin": 256,
    "max_cat_threshold": 64,
    "max_cat_to_onehot": 4,
}


class Boosted:
    """A fitted booster."""

    def __init__(self, preprocessing: Preprocessing, booster: xgb.Booster, rounds: int) -> None:
        self.preprocessing = preprocessing
        self.rounds = rounds
        self._booster = booster

    def scores(self, table: Table) -> Scores:
        return self._booster.predict(_matrix(self.preprocessing, table)).astype(np.float64)

    def save(self, folder: Path) -> None:
        self._booster.save_model(folder / FILE)

    def describe(self) -> dict[str, Any]:
        return {"kind": "boosted", "rounds": self.rounds}

    @classmethod
    def load(cls, folder: Path, preprocessing: Preprocessing) -> Boosted:
        """Serving has one worker per processor, so each predicts with one thread."""
        booster = xgb.Booster({"nthread": 1})
        booster.load_model(folder / FILE)
        return cls(preprocessing, booster, booster.num_boosted_rounds())


def fit_with_early_stopping(contract: Contract, train: Table, validation: Table) -> Boosted:
    """As many rounds as help on the validation rows."""
    preprocessing = Preprocessing.fit(contract, train)
    limits = _known(contract)
    booster = xgb.train(
        _parameters(contract),
        _labelled(contract, preprocessing, train),
        num_boost_round=int(limits["rounds"]),
        evals=[(_labelled(contract, preprocessing, validation), "validation")],
        early_stopping_rounds=int(limits["early_stopping_rounds"]),
        verbose_eval=False,
    )
    rounds = booster.best_iteration + 1
    return Boosted(preprocessing, booster[:rounds], rounds)


def refit(contract: Contract, found: Boosted, table: Table) -> Boosted:
    """The same number of rounds on all rows."""
    preprocessing = Preprocessing.fit(contract, table)
    matrix = _labelled(contract, preprocessing, table)
    return Boosted(preprocessing, xgb.train(_parameters(contract), matrix, num_boost_round=found.rounds), found.rounds)


def _known(contract: Contract) -> Mapping[str, Any]:
    known = {**ROUNDS, **TREES}
    unknown = sorted(set(contract.training.hyperparameters) - set(known))
    if unknown:
        raise TrainingError(f"unknown hyperparameter {unknown[0]!r}, known: {', '.join(sorted(known))}")
    return {**known, **contract.training.hyperparameters}


def _parameters(contract: Contract) -> dict[str, Any]:
    objective, metric = OBJECTIVES[contract.problem]
    values = _known(contract)
    classes = {"num_class": len(contract.classes)} if contract.problem == "multiclass" else {}
    return {
        "objective": objective,
        "eval_metric": metric,
        "tree_method": "hist",
        "seed": contract.training.seed,
        "nthread": THREADS,
        **{name: values[name] for name in TREES},
        **classes,
    }


def _labelled(contract: Contract, preprocessing: Preprocessing, table: Table) -> xgb.DMatrix:
    return _matrix(preprocessing, table, target_array(contract, table))


def _matrix(preprocessing: Preprocessing, table: Table, target: Scores | None = None) -> xgb.DMatrix:
    return xgb.DMatrix(
        preprocessing.codes(table),
        label=target,
        feature_types=preprocessing.feature_types,
        enable_categorical=True,
        nthread=THREADS,
    )
