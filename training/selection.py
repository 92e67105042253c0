"""Both candidates are fitted, the better one on the validation rows wins and is fitted again on all rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from contract.metrics import PRIMARY
from contract.model import Contract
from training import boosted, linear
from training.arrays import Table, concatenate, target_array
from training.boosted import Boosted
from training.candidates import is_better, measure
from training.linear import Linear


@dataclass(frozen=True)
class Selected:
    """The winner, and what both candidates reached."""

    candidate: Boosted | Linear
    summary: dict[str, Any]


def select(contract: Contract, train: Table, validation: Table) -> Selected:
    """Fit, compare, fit again."""
    trees = boosted.fit_with_early_stopping(contract, train, validation)
    line = linear.fit_with_validation(contract, train, validation)
    target = target_array(contract, validation)
    reached = {
        "boosted": measure(contract, target, trees.scores(validation)),
        "linear": measure(contract, target, line.scores(validation)),
    }
    everything = concatenate(train, validation)
    # The linear candidate keeps a tie: it is the simpler one.
    boosted_wins = is_better(contract, reached["boosted"], reached["linear"])
    winner = boosted.refit(contract, trees, everything) if boosted_wins else linear.refit(contract, line, everything)
    summary = {
        **winner.describe(),
        "primary_metric": PRIMARY[contract.problem],
        "validation": {name: _rounded(metrics) for name, metrics in reached.items()},
        "candidates": {"boosted": trees.describe(), "linear": line.describe()},
        "rows": {"train": train.row_count, "validation": validation.row_count},
    }
    return Selected(winner, summary)


def _rounded(metrics: dict[str, float]) -> dict[str, float]:
    """The digits after these differ between processors."""
    return {name: round(value, 6) for name, value in metrics.items()}
