"""The evaluation: labels and scores in, report out. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from contract.metrics import IMPROVEMENT, PRIMARY
from contract.model import Contract
from lambda_src.evaluate_model.intervals import difference_of
from lambda_src.evaluate_model.joining import Joined, join
from lambda_src.evaluate_model.labels import EvaluationRefused, Labels
from lambda_src.evaluate_model.measuring import by_slice, measure
from lambda_src.evaluate_model.metrics import Metric, metrics_of
from lambda_src.evaluate_model.scores import Flags, Scores
from lambda_src.evaluate_model.verdict import Verdict, check_gates, improvement, judge, too_little

CONTRADICTING = "contradicting record"


class Evaluation:
    """One candidate, and the champion if there is one, on the same hold-out."""

    def __init__(self, contract: Contract, labels: Labels) -> None:
        self._contract = contract
        self._labels = labels
        self._positive = contract.classes.index(contract.positive) if contract.positive else -1
        self._metrics = metrics_of(contract.problem, self._positive)
        self._primary = PRIMARY[contract.problem]

    def evaluate(self, candidate_lines: Iterable[bytes], champion_lines: Iterable[bytes] | None) -> dict[str, Any]:
        """The report, verdict included."""
        candidate = join(self._contract, self._labels, candidate_lines, "candidate")
        report: dict[str, Any] = {
            "problem": self._contract.problem,
            "rows": {"holdout": len(self._labels), "scored": len(candidate.scores)},
            "findings": candidate.findings.to_json(),
        }
        measured, verdict = (
            self._measured(candidate, champion_lines) if self._measurable(candidate.scores) else ({}, None)
        )
        final = self._too_little(candidate.scores) or verdict
        assert final is not None, "scores that cannot be measured are always too few"
        return report | measured | {"verdict": final.verdict, "reasons": list(final.reasons)}

    def _measurable(self, scores: Scores) -> bool:
        return len(scores) > 0 and self._classes_present(scores) >= self._classes_needed

    @property
    def _classes_needed(self) -> int:
        return 2 if self._contract.classes else 0

    def _classes_present(self, scores: Scores) -> int:
        return len(np.unique(scores.truth)) if self._contract.classes else 0

    def _too_little(self, scores: Scores) -> Verdict | None:
        minimum = max(1, self._contract.evaluation.minimum_holdout_rows)
        return too_little(len(scores), minimum, self._classes_present(scores), self._classes_needed)

    def _measured(self, candidate: Joined, champion_lines: Iterable[bytes] | None) -> tuple[dict[str, Any], Verdict]:
        measured = measure(self._metrics, candidate.scores, self._positive)
        gates = check_gates(self._contract.gates, {name: entry["value"] for name, entry in measured.items()})
        champion = self._compare(candidate, champion_lines)
        gained = champion["improvement"]["value"] if champion and "improvement" in champion else None
        contradicting = candidate.findings.total(CONTRADICTING) / len(candidate.scores)
        needed = self._contract.gates.get(IMPROVEMENT, 0.0)
        verdict = judge(gates, contradicting, gained, needed, self._primary)
        report = {
            "metrics": measured,
            "gates": [asdict(gate) for gate in gates],
            "slices": by_slice(self._metrics, candidate.scores, self._slices(candidate.scored)),
            "champion": champion,
        }
        return report, verdict

    def _compare(self, candidate: Joined, champion_lines: Iterable[bytes] | None) -> dict[str, Any] | None:
        if champion_lines is None:
            return None
        try:
            champion = join(self._contract, self._labels, champion_lines, "champion")
        except EvaluationRefused as error:
            # A champion of an older contract may be unable to score today's rows; that must not lock the model.
            return {"compared": False, "reason": str(error)}
        both = candidate.scored & champion.scored
        ours, theirs = candidate.scores.take(both[candidate.scored]), champion.scores.take(both[champion.scored])
        return {
            "compared": True,
            "rows": len(ours),
            "findings": champion.findings.to_json(),
            "metrics": measure(self._metrics, theirs, self._positive),
            "improvement": self._improvement(ours, theirs),
        }

    def _improvement(self, candidate: Scores, champion: Scores) -> dict[str, Any]:
        metric: Metric = self._metrics[self._primary]
        gained = improvement(self._primary, metric(candidate), metric(champion))
        difference = metric(candidate) - metric(champion)
        interval = difference_of(self._primary, difference, metric, candidate, champion, self._positive)
        low, high = sorted(improvement(self._primary, bound, 0.0) for bound in (interval.low, interval.high))
        return {"metric": self._primary, "value": gained, "low": low, "high": high, "method": interval.method}

    def _slices(self, scored: Flags) -> Mapping[str, list[Any]]:
        chosen = np.flatnonzero(scored)
        return {name: [values[position] for position in chosen] for name, values in self._labels.slices.items()}
