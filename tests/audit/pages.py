"""Writes the tables of docs/aws-truth.md and docs/audits.md, below what people wrote: python -m tests.audit.pages"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from mlops_constructs.wildcards import BEHIND_A_PREFIX, UNSCOPED
from tests.audit import findings, tables
from tests.synth import ROOT

DOCS: Final = ROOT / "docs"
MARK: Final = (
    "<!-- From here on made by python -m tests.audit.pages from the tables in tests/audit: change those. -->\n"
)


def aws_truth() -> str:
    """The page of what only AWS checks."""
    table = tables.aws_only()
    permissions = [
        (_words(row.id), _codes(row.roles), _asked(row.actions, row.asked), _where(row), row.why, _link(row.page))
        for row in table.permission
    ]
    policies = [
        (
            _words(row.id),
            _codes([row.service]),
            _asked(row.actions, row.actions if row.asked else ()),
            _where(row),
            row.why,
            _link(row.page),
        )
        for row in table.resource_policy
    ]
    trusts = [(_codes([row.service]), _codes(row.roles), _link(row.page)) for row in table.trust]
    groups = [(_codes([row.name]), row.why, _link(row.page)) for row in table.log_group]
    parts = [
        "## What roles may do",
        _table(("for", "roles", "actions", "on, if", "why", "AWS"), permissions),
        "## What resources allow to services",
        _table(("for", "service", "actions", "on, if", "why", "AWS"), policies),
        "## Whom roles trust\n\nThe rehearsal asks it whenever a service takes a role up.",
        _table(("service", "roles", "AWS"), trusts),
        "## Log groups that services make\n\nThey never expire and outlive the platform. Stacks make all others.",
        _table(("group", "why it is left to the service", "AWS"), groups),
    ]
    return "\n\n".join(parts) + "\n"


def audits() -> str:
    """The page of findings and wildcards."""
    reasons = [(_codes(entry.rules), _codes([entry.resources]), entry.reason) for entry in findings.entries()]
    alone = [(_codes([action]), reason) for action, reason in UNSCOPED.items()]
    behind = [(_codes([pattern]), reason) for pattern, reason in BEHIND_A_PREFIX.items()]
    parts = [
        "## Findings that stay",
        _table(("rules", "where", "why"), reasons),
        '## Actions that may stand with `Resource: "*"`',
        _table(("action", "why"), alone),
        "## Wildcards inside a resource\n\nThe first pattern that is found in the resource gives the reason.",
        _table(("pattern", "why"), behind),
    ]
    return "\n\n".join(parts) + "\n"


PAGES: Final = {DOCS / "aws-truth.md": aws_truth, DOCS / "audits.md": audits}


def renewed(path: Path) -> str:
    """The page with the tables as they are now."""
    written, mark, _ = path.read_text().partition(MARK)
    if not mark:
        raise ValueError(f"{path}: the line that starts the tables is missing: {MARK.strip()}")
    return f"{written}{mark}\n{PAGES[path]()}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _words(name: str) -> str:
    return name.replace("-", " ")


def _codes(names: Iterable[str]) -> str:
    return "<br>".join(f"`{name.replace('|', chr(92) + '|')}`" for name in names)


def _asked(actions: Iterable[str], asked: Sequence[str]) -> str:
    return "<br>".join(f"**`{action}`**" if action in asked else f"`{action}`" for action in actions)


def _where(row: tables.Permission | tables.ResourcePolicy) -> str:
    return _codes(row.resources) + "".join(f"<br>if `{condition}`" for condition in row.conditions)


def _link(page: str) -> str:
    return f"[{Path(page).stem}]({page})"


if __name__ == "__main__":
    for page in PAGES:
        page.write_text(renewed(page))
