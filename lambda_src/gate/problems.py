"""What the gate found, for people and for machines. Pure."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

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

    def __str__(self) -> str:
        place = self.key if self.column is None else f"{self.key}, column '{self.column}'"
        return f"{place}: {self.reason}"


def refusal(model: str, problems: list[Problem]) -> str:
    """Every file, column and reason, as far as the message may grow; the report holds all of them."""
    way_out = WAY_OUT.format(model=model)
    lines = [str(problem) for problem in problems[:SHOWN_PROBLEMS]]
    text = f"{len(problems)} problem(s) in the new files. " + "; ".join(lines)
    limit = MAXIMUM_MESSAGE_LENGTH - len(way_out) - 100
    shortened = len(problems) > SHOWN_PROBLEMS or len(text) > limit
    return text[:limit] + (" ... (all of them are in the gate's report). " if shortened else ". ") + way_out


def report(model: str, run: str, checked: int, problems: Iterable[Problem]) -> dict[str, Any]:
    """The gate's report as a JSON value."""
    listed = [asdict(problem) for problem in problems]
    return {"model": model, "run": run, "checked": checked, "passed": not listed, "problems": listed}
