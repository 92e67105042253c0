"""Findings of the gate, for people and for machines. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from contract.text import WARNING_CHARACTERS, cut, one_line

SHOWN_PROBLEMS = 20
MAXIMUM_MESSAGE_LENGTH = 4000
WAY_OUT = (
    "Nothing of this run was used, and every later run is refused as long as these files are as they are. "
    "Correct them and upload them again under the same keys: a run then starts by itself. "
    "Or delete them and ask for a run: mlops train {model}"
)


class GateRefused(Exception):
    """At least one new file cannot be read as the contract says."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong with one file; no column means the file as a whole."""

    key: str
    version_id: str
    column: str | None
    reason: str
    without_rows: bool = False

    def __str__(self) -> str:
        place = self.key if self.column is None else f"{self.key}, column '{self.column}'"
        return one_line(f"{place}: {self.reason}")


def refusal(model: str, problems: list[Problem]) -> str:
    """Every file, column and reason, as far as the message may grow; the report holds all of them."""
    way_out = WAY_OUT.format(model=model)
    lines = [str(problem) for problem in problems[:SHOWN_PROBLEMS]]
    text = f"{len(problems)} problem(s) in the new files. " + "; ".join(lines)
    limit = MAXIMUM_MESSAGE_LENGTH - len(way_out) - 100
    shortened = len(problems) > SHOWN_PROBLEMS or len(text) > limit
    return text[:limit] + (" ... (all of them are in the gate's report). " if shortened else ". ") + way_out


def warnings(passed_over: Sequence[Problem]) -> list[str]:
    """One line for each file that is passed over, as far as a state may hand them on; the report holds all."""
    lines = [f"{cut(str(problem), WARNING_CHARACTERS)}, and is passed over" for problem in passed_over[:SHOWN_PROBLEMS]]
    more = len(passed_over) - len(lines)
    return [*lines, f"{more} more files are passed over: the gate's report names them"] if more else lines


def report(
    model: str, run: str, checked: int, problems: Iterable[Problem], passed_over: Iterable[Problem]
) -> dict[str, Any]:
    """The gate's report as a JSON value."""
    listed, left = _listed(problems), _listed(passed_over)
    return {
        "model": model,
        "run": run,
        "checked": checked,
        "passed": not listed,
        "problems": listed,
        "passed_over": left,
    }


def _listed(problems: Iterable[Problem]) -> list[dict[str, Any]]:
    return [{name: value for name, value in asdict(one).items() if name != "without_rows"} for one in problems]
