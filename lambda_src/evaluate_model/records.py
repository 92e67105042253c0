"""One record of a transform's output: what it predicts, or why it cannot be used. Pure."""

import json
import math
from collections.abc import Mapping
from typing import Any

from contract.model import Contract

# Serving prints probabilities with rounding; only a clear contradiction is one.
TOLERANCE = 1e-6


class Unusable(Exception):
    """A record that carries no score: its kind and the reason."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind


def read_score(contract: Contract, record: Mapping[str, Any]) -> tuple[float, list[float]]:
    """Prediction (class position or number) and one probability per class."""
    if "error" in record:
        raise Unusable("error record", json.dumps(record["error"], sort_keys=True)[:200])
    prediction = record.get("prediction")
    if contract.problem == "regression":
        return _number("prediction", prediction), []
    if str(prediction) not in contract.classes:
        raise Unusable("invalid record", f"'prediction' is {prediction!r}, which is no class of the contract")
    position = float(contract.classes.index(str(prediction)))
    if contract.problem == "binary":
        positive = _probability("probability", record.get("probability"))
        return position, [positive if name == contract.positive else 1.0 - positive for name in contract.classes]
    given = record.get("probabilities")
    if not isinstance(given, Mapping):
        raise Unusable("invalid record", "'probabilities' is missing")
    values = [_probability(f"probabilities.{name}", given.get(name)) for name in contract.classes]
    if abs(sum(values) - 1.0) > 1e-3:
        raise Unusable("invalid record", f"the probabilities add up to {sum(values):.4f}")
    return position, values


def contradicts(contract: Contract, prediction: float, probabilities: list[float]) -> bool:
    """Is the predicted class clearly not the likeliest one?"""
    return bool(contract.classes) and probabilities[int(prediction)] < max(probabilities) - TOLERANCE


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Unusable("invalid record", f"'{name}' is {value!r}, which is no number")
    return float(value)


def _probability(name: str, value: Any) -> float:
    number = _number(name, value)
    if not 0.0 <= number <= 1.0:
        raise Unusable("invalid record", f"'{name}' is {number}, which is no probability")
    return number
