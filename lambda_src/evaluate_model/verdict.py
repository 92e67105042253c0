"""May this candidate be registered? Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from contract.metrics import HIGHER_IS_BETTER, IMPROVEMENT

PROMOTE = "promote"
KEEP = "keep"
NOT_ENOUGH_DATA = "not_enough_data"
MAXIMUM_CONTRADICTING_FRACTION = 0.01


@dataclass(frozen=True)
class Gate:
    """One limit of the model's contract, and how the candidate stands to it."""

    gate: str
    limit: float
    value: float
    passed: bool


@dataclass(frozen=True)
class Verdict:
    """The decision and why."""

    verdict: str
    reasons: tuple[str, ...]


def check_gates(gates: Mapping[str, float], values: Mapping[str, float]) -> list[Gate]:
    """Every limit of the contract but the comparison with the champion."""
    checked = []
    for name, limit in sorted(gates.items()):
        if name == IMPROVEMENT:
            continue
        side, _, metric = name.partition("_")
        if side not in ("minimum", "maximum") or metric not in values:
            raise ValueError(f"the gate {name!r} does not fit the problem; its metrics are {', '.join(sorted(values))}")
        value = values[metric]
        checked.append(Gate(name, limit, value, value >= limit if side == "minimum" else value <= limit))
    return checked


def improvement(metric: str, candidate: float, champion: float) -> float:
    """The improvement of the candidate; negative means worse, whichever way the metric points."""
    return candidate - champion if metric in HIGHER_IS_BETTER else champion - candidate


def too_little(rows: int, minimum_rows: int, classes_present: int, classes_needed: int) -> Verdict | None:
    """A hold-out that cannot carry any verdict."""
    if rows < minimum_rows:
        reason = (
            f"the hold-out has {rows} usable rows, and minimum_holdout_rows is {minimum_rows}:"
            " upload more hold-out data, or lower the limit in the model's settings"
        )
        return Verdict(NOT_ENOUGH_DATA, (reason,))
    if classes_present < classes_needed:
        reason = f"the hold-out's usable rows hold {classes_present} class(es); at least {classes_needed} are needed"
        return Verdict(NOT_ENOUGH_DATA, (reason,))
    return None


def judge(
    gates: list[Gate], contradicting_fraction: float, gained: float | None, needed: float, metric: str
) -> Verdict:
    """Promote only what passes every gate, agrees with itself and is good enough beside the champion."""
    reasons = [
        f"{gate.gate} is {gate.limit:g}, and the candidate has {gate.value:.6g}" for gate in gates if not gate.passed
    ]
    if contradicting_fraction > MAXIMUM_CONTRADICTING_FRACTION:
        reasons.append(
            f"{contradicting_fraction:.1%} of the predictions are not the likeliest class by their own scores"
        )
    if gained is not None and gained < needed:
        reasons.append(f"{metric} improves on the champion by {gained:.6g}, and {IMPROVEMENT} is {needed:g}")
    if reasons:
        return Verdict(KEEP, tuple(reasons))
    passed = tuple(f"{gate.gate} is {gate.limit:g}, and the candidate has {gate.value:.6g}" for gate in gates)
    beside = () if gained is None else (f"{metric} improves on the champion by {gained:.6g}",)
    return Verdict(PROMOTE, passed + beside)
