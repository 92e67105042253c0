"""Joins a batch transform's output to the labels by row_id. What does not fit is counted and shown, never skipped."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from contract.model import Contract
from lambda_src.evaluate_model.labels import EvaluationRefused, Labels
from lambda_src.evaluate_model.records import Unusable, contradicts, read_score
from lambda_src.evaluate_model.scores import Flags, Scores

MAXIMUM_UNUSABLE_FRACTION = 0.01
SHOWN_EXAMPLES = 5


@dataclass
class Findings:
    """The number of problems of the records, with a few examples of each kind."""

    counts: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, example: str, count: int = 1) -> None:
        """Count one finding."""
        self.counts[kind] = self.counts.get(kind, 0) + count
        shown = self.examples.setdefault(kind, [])
        if len(shown) < SHOWN_EXAMPLES:
            shown.append(example)

    def total(self, *kinds: str) -> int:
        """The number of findings of these kinds."""
        return sum(self.counts.get(kind, 0) for kind in kinds)

    def to_json(self) -> dict[str, Any]:
        """For the report."""
        return {kind: {"count": count, "examples": self.examples[kind]} for kind, count in sorted(self.counts.items())}


@dataclass(frozen=True)
class Joined:
    """The rows that were scored, in the labels' order; `scored` says which rows of the labels they are."""

    scores: Scores
    scored: Flags
    findings: Findings


UNSCORED = ("error record", "invalid record", "missing row")
UNUSABLE = (*UNSCORED, "duplicate row", "unknown row", "not JSON")


def join(contract: Contract, labels: Labels, lines: Iterable[bytes], who: str) -> Joined:
    """Fill the arrays record by record, then refuse if too little of it can be used."""
    width = len(contract.classes)
    prediction = np.full(len(labels), np.nan)
    probabilities = np.full((len(labels), width), np.nan)
    seen = np.zeros(len(labels), dtype=np.bool_)
    findings = Findings()
    for line in lines:
        _place(contract, labels, line, seen, prediction, probabilities, findings)
    for row_id, position in labels.positions.items():
        if not seen[position]:
            findings.add("missing row", row_id)
    _refuse_if_unusable(findings, len(labels), who)
    scored = ~np.isnan(prediction)
    scores = Scores(labels.truth[scored], prediction[scored], probabilities[scored])
    return Joined(scores, scored, findings)


def _place(
    contract: Contract,
    labels: Labels,
    line: bytes,
    seen: Flags,
    prediction: np.ndarray,
    probabilities: np.ndarray,
    findings: Findings,
) -> None:
    try:
        record = json.loads(line)
    except ValueError:
        findings.add("not JSON", line[:80].decode("utf-8", "replace"))
        return
    row_id = str(record.get("row_id")) if isinstance(record, Mapping) else ""
    position = labels.positions.get(row_id)
    if position is None:
        findings.add("unknown row", row_id or line[:80].decode("utf-8", "replace"))
        return
    if seen[position]:
        findings.add("duplicate row", row_id)
        return
    seen[position] = True
    try:
        value, row_probabilities = read_score(contract, record)
    except Unusable as error:
        findings.add(error.kind, f"{row_id}: {error}")
        return
    if contradicts(contract, value, row_probabilities):
        findings.add("contradicting record", f"{row_id}: the prediction is not the likeliest class")
    prediction[position] = value
    probabilities[position] = row_probabilities


def _refuse_if_unusable(findings: Findings, rows: int, who: str) -> None:
    unusable = findings.total(*UNUSABLE)
    if unusable > MAXIMUM_UNUSABLE_FRACTION * rows:
        shown = "; ".join(
            f"{count} x {kind} (such as {findings.examples[kind][0]})"
            for kind, count in sorted(findings.counts.items())
            if kind in UNUSABLE
        )
        raise EvaluationRefused(
            f"the {who}'s scores do not fit the hold-out: of {rows} rows {unusable} records cannot be used"
            f" (at most {MAXIMUM_UNUSABLE_FRACTION:.0%} may): {shown}."
            " Look at the transform output and the serving log of this run; train again when the cause is removed."
        )
