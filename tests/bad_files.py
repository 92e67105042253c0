"""The bad files of samples/bad, as its cases.toml describes them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[1] / "samples" / "bad"
DESCRIBED = tomllib.loads((FOLDER / "cases.toml").read_text())


@dataclass(frozen=True)
class BadFile:
    """An upload, and what must come of it; a quarantined line is (line, column, reason)."""

    file: str
    key: str
    wrong: str
    says: str = ""
    quarantined: tuple[tuple[int, str | None, str], ...] = ()

    @property
    def model(self) -> str:
        return self.key.split("/")[1]

    @property
    def content(self) -> bytes:
        return (FOLDER / self.file).read_bytes()


def bad_files(outcome: str) -> list[BadFile]:
    """The cases that end in this: gate, headerless, quarantine, validation, passed_over or nothing."""
    return [
        BadFile(
            **{name: value for name, value in case.items() if name != "quarantined"},
            quarantined=tuple((line, column or None, reason) for line, column, reason in case.get("quarantined", ())),
        )
        for case in DESCRIBED[outcome]
    ]
