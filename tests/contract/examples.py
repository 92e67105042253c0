"""Invented models that the tests of contract, ETL and training share."""

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

from contract.model import Column, Contract, FileFormat, Split

CHURN = Contract(
    model="churn",
    problem="binary",
    target="left",
    positive="yes",
    format=FileFormat(header=True, missing=("", "?")),
    columns=(
        Column("age", "integer", required=True, minimum=17, maximum=120),
        Column("spent", "number", minimum=0),
        Column("plan", "text", allowed=("basic", "plus", "max")),
        Column("city", "text"),
        Column("left", "text", allowed=("yes", "no"), replacements={"yes.": "yes"}),
    ),
)
HEADER = b"age,spent,plan,city,left\n"


def churn(**changes: Any) -> Contract:
    """The example contract with other parts."""
    return replace(CHURN, **changes)


def churn_format(**changes: Any) -> Contract:
    """The example contract with another file format."""
    return replace(CHURN, format=replace(CHURN.format, **changes))


def official(contract: Contract = CHURN) -> Contract:
    """The same with an official hold-out."""
    return replace(contract, split=Split(holdout="official"))


def contract_of_toml(path: Path) -> Contract:
    """The contract of a model file, by the schema alone: what config/ adds in defaults and checks is its own matter."""
    described = tomllib.loads(path.read_text())
    parts = ("problem", "target", "positive", "format", "columns", "split", "data", "evaluation", "gates")
    raw: dict[str, Any] = {key: described[key] for key in parts if key in described}
    training = described.get("training", {})
    raw |= {
        "contract_version": 1,
        "model": described["name"],
        "training": {key: training[key] for key in ("seed", "hyperparameters") if key in training},
    }
    return Contract.from_dict(raw)
