"""Invented models for the tests."""

import json
from typing import Any

from config.artifacts import zipped
from contract.model import Contract

BUCKET = "data-bucket"
CONTRACT_URI = "s3://asset-bucket/churn.json"
CONTRACTS_URI = "s3://asset-bucket/contracts.zip"
TABLE = "run-table"

AGE = {"name": "age", "type": "integer", "minimum": 17, "maximum": 120, "required": True}
SPENT = {"name": "spent", "type": "number", "minimum": 0}
PLAN = {"name": "plan", "type": "text", "allowed": ["basic", "plus", "gold"]}
LEFT = {"name": "left", "type": "text", "allowed": ["yes", "no"]}


def contract_value(**changes: Any) -> dict[str, Any]:
    """The contract of the binary model "churn" as JSON value."""
    value = {
        "contract_version": 1,
        "model": "churn",
        "problem": "binary",
        "target": "left",
        "positive": "yes",
        "classes": ["yes", "no"],
        "format": {"header": True, "missing": ["", "?"]},
        "columns": [AGE, SPENT, PLAN, LEFT],
        "split": {"validation_fraction": 0.2, "holdout": "official"},
        "data": {"minimum_training_rows": 4},
        "evaluation": {"slices": ["plan"], "minimum_holdout_rows": 20},
        "gates": {"maximum_error": 0.3, "minimum_auc": 0.7},
        "training": {"seed": 42, "hyperparameters": {}},
    }
    return value | changes


SETTINGS = {"problem": "binary", "official_holdout": False, "training_instance_type": "ml.m5.large"}


MODELS_PATH = "/mlops-dev/models"
PARAMETERS = {
    f"{MODELS_PATH}/churn": json.dumps(SETTINGS),
    f"{MODELS_PATH}/loans": json.dumps(SETTINGS | {"official_holdout": True}),
}
"""The two models in Parameter Store."""


def contracts_archive(**contract_changes: Any) -> bytes:
    """The archive of all contracts, as the stacks deploy it."""
    return zipped({"churn.json": churn(**contract_changes).to_json().encode()})


def churn(**changes: Any) -> Contract:
    """The same as a contract."""
    return Contract.from_json(json.dumps(contract_value(**changes)))


def multiclass(**changes: Any) -> Contract:
    """A model with three classes."""
    species = {"name": "species", "type": "text", "allowed": ["oak", "pine", "yew"]}
    value = contract_value(problem="multiclass", target="species", columns=[AGE, species], gates={"maximum_error": 0.3})
    del value["positive"], value["classes"]
    value["evaluation"] = {"slices": [], "minimum_holdout_rows": 20}
    return Contract.from_json(json.dumps(value | changes))


def regression(**changes: Any) -> Contract:
    """A model of a number."""
    price = {"name": "price", "type": "number"}
    value = contract_value(problem="regression", target="price", columns=[AGE, price], gates={"minimum_r2": 0.3})
    del value["positive"], value["classes"]
    value["evaluation"] = {"slices": [], "minimum_holdout_rows": 20}
    return Contract.from_json(json.dumps(value | changes))
