"""Findings of the validation, for people and for machines. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contract.text import one_line

REFUSE = "refuse"
WARN = "warn"
SHOWN_FINDINGS = 20
MAXIMUM_MESSAGE_LENGTH = 4000
SHOWN_FILES = 5
WAY_OUT = (
    "Nothing was trained, and the new files stay new: every later run reads them again. Correct them and upload them"
    " again under the same keys: a run then starts by itself. Or delete them, or change the limit in the model's"
    " settings, and ask for a run: mlops train {model}"
)


class DataRefused(Exception):
    """The data of this run must not be trained on."""


@dataclass(frozen=True)
class Finding:
    """One thing that is not as the contract promises."""

    check: str
    severity: str
    message: str
    column: str | None = None
    key: str | None = None

    def __str__(self) -> str:
        column = f"column '{self.column}'" if self.column else ""
        place = ", ".join(part for part in (self.key, column) if part)
        return one_line(f"{place}: {self.message}" if place else self.message)


def refused(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that stop the run."""
    return [finding for finding in findings if finding.severity == REFUSE]


def refusal(model: str, new_keys: Sequence[str], findings: list[Finding]) -> str:
    """The message of the refusal; the report holds every finding in full."""
    way_out = WAY_OUT.format(model=model)
    lines = f"New files: {_named(new_keys)}. " + "; ".join(str(finding) for finding in findings[:SHOWN_FINDINGS])
    limit = MAXIMUM_MESSAGE_LENGTH - len(way_out) - 100
    shortened = len(findings) > SHOWN_FINDINGS or len(lines) > limit
    return lines[:limit] + (" ... (all of them are in the validation report). " if shortened else ". ") + way_out


def _named(keys: Sequence[str]) -> str:
    more = len(keys) - SHOWN_FILES
    return one_line(", ".join(keys[:SHOWN_FILES]) or "none") + (f" and {more} more" if more > 0 else "")
