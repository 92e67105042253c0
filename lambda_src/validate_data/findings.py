"""What the validation found, for people and for machines. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

REFUSE = "refuse"
WARN = "warn"
SHOWN_FINDINGS = 20
MAXIMUM_MESSAGE_LENGTH = 4000
WAY_OUT = (
    "Nothing was trained and nothing of this run counts as accepted. Correct the data and upload it again,"
    " or change the limit in the model's settings."
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
        return f"{place}: {self.message}" if place else self.message


def refused(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that stop the run."""
    return [finding for finding in findings if finding.severity == REFUSE]


def refusal(findings: list[Finding]) -> str:
    """The message of the refusal; the report holds every finding in full."""
    lines = "; ".join(str(finding) for finding in findings[:SHOWN_FINDINGS])
    limit = MAXIMUM_MESSAGE_LENGTH - len(WAY_OUT) - 100
    shortened = len(findings) > SHOWN_FINDINGS or len(lines) > limit
    return lines[:limit] + (" ... (all of them are in the validation report). " if shortened else ". ") + WAY_OUT
