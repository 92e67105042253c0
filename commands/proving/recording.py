"""A recording: what one journey showed, as rows of parts. Pure, but for its file."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from commands.errors import Exit, Refused

Rows = Mapping[str, Any]
# The only row of a part at which nobody could look.
NOT_SEEN = "could not be looked at"
# The rehearsal's has 40 KB.
LARGEST_BYTES = 16 << 20

# What each part is about, and where to read on when it differs.
CONCERNS = {
    "states": "docs/reference/state-machines.md, tests/rehearsal/test_rehearsal.py",
    "results": "docs/what-the-rehearsal-does-not-prove.md, tests/conformance/recorded/stepfunctions.toml",
    "events": "docs/adr/0021-rules-send-the-whole-event.md, tests/conformance/recorded/events.toml",
    "errors": "docs/runbook.md, tests/conformance/recorded/stepfunctions.toml",
    "uploads": "docs/adr/0017-a-source-is-its-content.md, tests/emulator/test_s3_content.py",
    "answers": "docs/how-it-works.md, tests/rehearsal/test_rehearsal.py",
    "logs": "docs/adr/0019-the-log-of-a-glue-job-is-found-by-its-run.md, docs/commands.md",
    "tags": "docs/how-it-works.md, tests/rehearsal/test_tags.py",
    "cost tags": "docs/deploy.md",
    "grants": "docs/aws-truth.md, tests/rehearsal/test_statements.py",
}


@dataclass(frozen=True)
class Difference:
    """One row that is not as it was in the rehearsal."""

    part: str
    row: str
    here: Any
    rehearsed: Any

    @property
    def concerns(self) -> str:
        """The page and the test that are about it."""
        return CONCERNS[self.part]

    def document(self) -> dict[str, Any]:
        """For programs."""
        return {**vars(self), "concerns": self.concerns}


def differences(here: Mapping[str, Rows], rehearsed: Mapping[str, Rows]) -> list[Difference]:
    """Every row of every part that is in one only, or not the same in both."""
    found: list[Difference] = []
    for part in CONCERNS:
        mine, theirs = here.get(part, {}), rehearsed.get(part, {})
        if NOT_SEEN in mine or NOT_SEEN in theirs:
            found.append(Difference(part, NOT_SEEN, mine.get(NOT_SEEN), theirs.get(NOT_SEEN)))
            continue
        for row in sorted(mine.keys() | theirs.keys()):
            if mine.get(row) != theirs.get(row):
                found.append(Difference(part, row, mine.get(row), theirs.get(row)))
    return found


def read(path: Path) -> dict[str, Rows]:
    """A recording from its file.

    Raises:
        Refused: when the file is not there, or is no recording.
    """
    try:
        # A pipe would be waited for, and a device need not end.
        if path.stat().st_size <= LARGEST_BYTES and path.is_file():
            parts = json.loads(path.read_text(encoding="utf-8"))["parts"]
            if _are_parts(parts):
                return parts
    except FileNotFoundError:
        raise Refused(f"there is no file {path}: `prove --record FILE` writes one", Exit.NOT_FOUND) from None
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        pass
    raise Refused(f"{path} is no recording: it needs 'parts' with some of {', '.join(CONCERNS)}", Exit.USAGE)


def write(path: Path, parts: Mapping[str, Rows], model: str) -> None:
    """A recording into its file, so that a difference is a line."""
    text = json.dumps({"model": model, "parts": parts}, indent=1, sort_keys=True, ensure_ascii=False)
    # Half a surrogate pair is no text for a file; JSON has an escape for it.
    path.write_bytes(f"{text}\n".encode("utf-8", "backslashreplace"))


def _are_parts(parts: Any) -> bool:
    return (
        isinstance(parts, dict)
        and set(parts) <= set(CONCERNS)
        and all(isinstance(rows, dict) and all(map(_is_told, rows.values())) for rows in parts.values())
    )


def _is_told(value: Any) -> bool:
    """Tell whether a row may say so: a word, a whole number, yes or no, nothing, or a list of words."""
    if isinstance(value, list):
        return all(isinstance(entry, str) for entry in value)
    return value is None or isinstance(value, str | int)
