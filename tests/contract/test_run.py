"""Executions of all models: each is told by the name that the platform gave it, else by its input."""

import json

import pytest

from contract.run import model_of_execution

MACHINE = "arn:aws:states:eu-west-1:123456789012:execution:mlops-dev"


@pytest.mark.parametrize(
    ("machine", "name", "model"),
    [
        ("training", "churn-20261123201301123", "churn"),
        ("training", "churn-red-20261123201301123", "churn-red"),
        # A model may be called like a version of another.
        ("training", "churn-v2-20261123201301123", "churn-v2"),
        ("deployment", "churn-v2-20261123201301123", "churn"),
        ("deployment", "churn-v2-v3-20261123201301", "churn-v2"),
        ("deployment", "churn-20261123201301123", None),
        ("training", "churn-2026", None),
        ("training", "a2b5a9b1-3c3c-4f0e-9d5c-2f2a0c8f2f10", None),
    ],
)
def test_the_name_tells_the_model_by_the_kind_of_its_machine(machine: str, name: str, model: str | None) -> None:
    assert model_of_execution(f"{MACHINE}-{machine}:{name}") == model


@pytest.mark.parametrize(
    ("given", "model"),
    [
        (json.dumps({"model": "churn", "reason": "manual"}), "churn"),
        (json.dumps({"model": 7}), None),
        (json.dumps({"model": ""}), None),
        (json.dumps(["model"]), None),
        (json.dumps({"reason": "manual"}), None),
        ("{", None),
        ("", None),
        (None, None),
        ("[" * 100_000, None),
    ],
)
def test_an_execution_of_another_name_is_told_by_its_input(given: str | None, model: str | None) -> None:
    assert model_of_execution(f"{MACHINE}-training:by-hand", given) == model
