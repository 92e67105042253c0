"""The hold-out's truth, as the ETL job wrote it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from contract.model import Contract
from lambda_src.evaluate_model.scores import Floats


class EvaluationRefused(Exception):
    """Scores and labels do not fit together well enough to judge anything by them."""


@dataclass(frozen=True)
class Labels:
    """Truth by row: `positions` finds a row, `truth` holds class positions or numbers, `slices` one list per column."""

    positions: dict[str, int]
    truth: Floats
    slices: dict[str, list[Any]]

    def __len__(self) -> int:
        return len(self.truth)


def read_labels(contract: Contract, lines: Iterable[bytes]) -> Labels:
    """Parse the label lines; a hold-out that contradicts itself is refused."""
    classes = {name: float(position) for position, name in enumerate(contract.classes)}
    slices: dict[str, list[Any]] = {name: [] for name in contract.evaluation.slices}
    positions: dict[str, int] = {}
    truth: list[float] = []
    for line in lines:
        record = json.loads(line)
        row_id, label = str(record["row_id"]), record["label"]
        if row_id in positions:
            raise EvaluationRefused(f"the hold-out's labels name the row {row_id} twice")
        if classes and str(label) not in classes:
            raise EvaluationRefused(
                f"the hold-out's label of row {row_id} is {label!r}, which the contract does not know"
            )
        positions[row_id] = len(truth)
        truth.append(classes[str(label)] if classes else float(label))
        for name, values in slices.items():
            values.append((record.get("slices") or {}).get(name))
    return Labels(positions, np.array(truth, dtype=np.float64), slices)
