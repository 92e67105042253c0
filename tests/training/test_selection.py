"""The better candidate wins on the validation rows, and is fitted again on all rows."""

from dataclasses import replace
from typing import Any

import pytest
import xgboost as xgb

from contract.model import Training
from tests.contract.examples import CHURN
from tests.training.data import numbers_contract, numbers_table
from training import boosted, linear
from training.candidates import is_better, measure
from training.errors import TrainingError
from training.selection import select

PROBLEMS = ["binary", "multiclass", "regression"]


@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize(("is_linear", "winner"), [(True, "linear"), (False, "boosted")])
def test_the_candidate_that_fits_the_data_wins(problem: str, is_linear: bool, winner: str) -> None:
    contract = numbers_contract(problem)
    train, validation, fresh = (
        numbers_table(contract, count, seed, linear=is_linear) for count, seed in ((600, 1), (300, 2), (300, 3))
    )

    selected = select(contract, train, validation)

    assert selected.summary["kind"] == winner
    assert set(selected.summary["validation"]) == {"boosted", "linear"}
    scores = selected.candidate.scores(fresh)
    reached = measure(contract, boosted.target_array(contract, fresh), scores)
    assert reached.get("error", 0.0) < 0.16
    assert reached.get("rmse", 0.0) < 0.7


@pytest.mark.parametrize("problem", PROBLEMS)
def test_the_winner_is_fitted_again_on_train_and_validation(problem: str) -> None:
    contract = numbers_contract(problem)
    train, validation = (numbers_table(contract, 300, seed, linear=False) for seed in (1, 2))
    found = boosted.fit_with_early_stopping(contract, train, validation)

    selected = select(contract, train, validation)

    assert selected.summary["rounds"] == found.rounds
    assert not (selected.candidate.scores(validation) == found.scores(validation)).all()


def test_early_stopping_looks_at_the_validation_rows() -> None:
    contract = numbers_contract("regression")
    train, validation = (numbers_table(contract, 80, seed, linear=True) for seed in (1, 2))
    noise = numbers_table(contract, 80, 3, linear=False)

    rounds = boosted.fit_with_early_stopping(contract, train, validation).rounds

    assert boosted.fit_with_early_stopping(contract, train, noise).rounds < rounds


def test_the_penalty_is_chosen_on_the_validation_rows() -> None:
    contract = numbers_contract("binary")
    train = numbers_table(contract, 300, 1, linear=True)
    meaningless = numbers_table(contract, 300, 2, linear=False)
    validation = numbers_table(contract, 300, 3, linear=True)

    weak = linear.fit_with_validation(contract, train, validation).penalty

    assert linear.fit_with_validation(contract, train, meaningless).penalty >= weak


def test_the_primary_metric_decides_and_a_tie_goes_to_the_likelier() -> None:
    assert is_better(CHURN, {"auc": 0.8, "log_loss": 0.9}, {"auc": 0.7, "log_loss": 0.1})
    assert not is_better(CHURN, {"auc": 0.7, "log_loss": 0.1}, {"auc": 0.8, "log_loss": 0.9})
    assert is_better(CHURN, {"auc": 0.8, "log_loss": 0.1}, {"auc": 0.8, "log_loss": 0.2})
    assert not is_better(CHURN, {"auc": 0.8, "log_loss": 0.1}, {"auc": 0.8, "log_loss": 0.1})
    regression = numbers_contract("regression")
    assert is_better(regression, {"rmse": 1.0}, {"rmse": 2.0})


def test_validation_rows_of_one_class_cannot_choose() -> None:
    contract = numbers_contract("binary")
    train, validation = (numbers_table(contract, 100, seed, linear=True) for seed in (1, 2))
    validation.columns["it"][:] = "no"

    with pytest.raises(TrainingError, match="one class only"):
        select(contract, train, validation)


def test_a_class_without_training_rows_is_still_a_class() -> None:
    contract = numbers_contract("multiclass")
    train, validation = (numbers_table(contract, 200, seed, linear=True) for seed in (1, 2))
    train.columns["it"][train.columns["it"] == "high"] = "middle"

    for fitted in (
        linear.fit_with_validation(contract, train, validation),
        boosted.fit_with_early_stopping(contract, train, validation),
    ):
        scores = fitted.scores(validation)
        assert scores.shape == (200, 3)
        assert abs(scores.sum(axis=1) - 1.0).max() < 1e-6
        assert scores[:, 2].max() < 0.5


SAMPLED = {"rounds": 60, "early_stopping_rounds": 10, "max_depth": 3, "subsample": 0.5}


def test_another_seed_gives_another_model_and_the_same_one_the_same() -> None:
    tables = [numbers_table(numbers_contract("regression"), 300, seed, linear=False) for seed in (1, 2)]
    scores = [
        boosted.fit_with_early_stopping(
            replace(numbers_contract("regression"), training=Training(seed=seed, hyperparameters=SAMPLED)), *tables
        ).scores(tables[1])
        for seed in (1, 1, 2)
    ]

    assert (scores[0] == scores[1]).all()
    assert (scores[0] != scores[2]).any()


def test_training_ends_as_many_rounds_after_the_best_one_as_the_contract_says(monkeypatch: pytest.MonkeyPatch) -> None:
    trained: list[xgb.Booster] = []
    train_booster = xgb.train

    def note(*arguments: Any, **named: Any) -> xgb.Booster:
        trained.append(train_booster(*arguments, **named))
        return trained[-1]

    monkeypatch.setattr(xgb, "train", note)
    contract = numbers_contract("regression")
    train, noise = numbers_table(contract, 200, 1, linear=True), numbers_table(contract, 200, 2, linear=False)
    boosted.fit_with_early_stopping(contract, train, noise)

    patience = contract.training.hyperparameters["early_stopping_rounds"]
    assert trained[0].num_boosted_rounds() == trained[0].best_iteration + 1 + patience < 60


def test_the_number_of_threads_is_fixed_whatever_the_machine_has(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums of histograms round differently with another number of threads, and so would the model's bytes."""
    asked: list[tuple[str, int]] = []
    train, matrix = xgb.train, xgb.DMatrix

    def note_train(parameters: dict[str, Any], *arguments: Any, **named: Any) -> xgb.Booster:
        asked.append(("train", parameters["nthread"]))
        return train(parameters, *arguments, **named)

    def note_matrix(*arguments: Any, nthread: int, **named: Any) -> xgb.DMatrix:
        asked.append(("matrix", nthread))
        return matrix(*arguments, nthread=nthread, **named)

    monkeypatch.setattr(xgb, "train", note_train)
    monkeypatch.setattr(xgb, "DMatrix", note_matrix)
    contract = numbers_contract("regression")
    tables = [numbers_table(contract, 100, seed, linear=True) for seed in (1, 2)]
    boosted.refit(contract, boosted.fit_with_early_stopping(contract, *tables), tables[0])

    assert set(asked) == {("train", 2), ("matrix", 2)}
