"""Models made of their files. The kinds of mistakes in it stand in test_wrong_settings.py."""

from pathlib import Path

import pytest

from config.models import ModelError, load_model, load_models
from config.settings import EndpointConfig, StepFunctionsConfig
from contract.model import Contract
from tests.synth import MODELS, ROOT

GOOD = (MODELS / "churn.toml").read_text()
REGRESSION = (MODELS / "house-prices.toml").read_text()


def _load(folder: Path, text: str, name: str = "churn") -> str:
    path = folder / f"{name}.toml"
    path.write_text(text)
    with pytest.raises(ModelError) as caught:
        load_model(path)
    return str(caught.value)


def test_a_text_target_of_a_regression_is_refused(tmp_path: Path) -> None:
    changed = REGRESSION.replace('name = "price"\ntype = "number"', 'name = "price"\ntype = "text"')

    assert "columns.price.type: is 'text' for the target of a regression" in _load(tmp_path, changed, "house-prices")


def test_every_mistake_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    changed = GOOD.replace('positive = "yes"', 'positive = "y"').replace('["plan"]', '["gone"]')

    assert len(_load(tmp_path, changed).splitlines()) == 2


def test_a_folder_without_models_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="there is no model; allowed: one TOML file per model"):
        load_models(tmp_path)


def test_the_contract_says_what_the_file_says() -> None:
    churn, house_prices = load_models(MODELS)
    contract = Contract.from_json(churn.contract_json())

    assert (contract.model, contract.problem, contract.target, contract.positive) == ("churn", "binary", "left", "yes")
    assert contract.classes == ("yes", "no")
    assert contract.column("left").replacements == {"yes.": "yes"}
    assert contract.column("age").required
    assert contract.gates == {"maximum_error": 0.16, "minimum_auc": 0.8}
    assert Contract.from_json(house_prices.contract_json()).split.holdout == "official"


def test_the_contract_of_one_file_is_always_the_same_text() -> None:
    assert load_models(MODELS)[0].contract_json() == load_models(MODELS)[0].contract_json()
    assert " " not in load_models(MODELS)[0].contract_json()


def test_a_model_overrides_its_environment_only_where_it_says_so() -> None:
    defaults = StepFunctionsConfig(endpoint=EndpointConfig(instance_type="ml.t2.medium"))
    churn, house_prices = (model.deployment(defaults) for model in load_models(MODELS))

    assert churn.serving_instance_type == "ml.t2.medium"
    assert house_prices.serving_instance_type == "ml.m5.large"
    assert (churn.schedule, house_prices.schedule) == ("0 3 * * ? *", None)


def test_every_model_that_ships_can_be_used() -> None:
    models = load_models(ROOT / "config" / "models")

    assert models
    assert all(Contract.from_json(model.contract_json()).model == model.name for model in models)
