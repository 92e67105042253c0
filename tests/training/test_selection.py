"""The better candidate wins on the validation rows, and is fitted again on all rows."""

import pytest

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
