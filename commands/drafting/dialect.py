"""The way in which the lines of an unknown file are cut into cells."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from contract.lines import BYTE_ORDER_MARK, LineError, is_blank, split_line, without_terminator
from contract.model import FileFormat

SEPARATORS = (",", ";", "\t", "|")
HEAD_LINES = 200
NUMERIC = frozenset("0123456789+-.eE")


class DraftError(ValueError):
    """Nothing can be drafted from this file; the message says why and what to do."""


def read_lines(path: Path) -> Iterable[bytes]:
    """The lines that are not blank, without terminators and byte order mark."""
    with path.open("rb") as file:
        for number, line in enumerate(file):
            kept = without_terminator(line.removeprefix(BYTE_ORDER_MARK) if number == 0 else line)
            if not is_blank(kept):
                yield kept


def find_format(path: Path, *, header: bool | None = None, separator: str | None = None) -> FileFormat:
    """The format that fits the file; what is given is taken as it is.

    Raises:
        DraftError: when the file is no text with one number of cells per line.
    """
    head = [line for line, _ in zip(read_lines(path), range(HEAD_LINES), strict=False)]
    if not head:
        raise DraftError(f"{path}: the file has no lines")
    if any(b"\x00" in line for line in head):
        raise DraftError(f"{path}: the file is binary; allowed: plain text with one row per line")
    encoding = "utf-8" if _is_utf8(path) else "cp1252"
    fitting = [
        found
        for candidate in ((separator,) if separator else SEPARATORS)
        if (found := FileFormat(separator=candidate, encoding=encoding)) and _cells_per_line(head, found) >= 2
    ]
    if not fitting:
        if separator:
            raise DraftError(
                f"{path}: --separator {separator!r} does not cut every line into the same number of cells, two or more;"
                " allowed: the one character that does, or leave it out to have it found"
            )
        raise DraftError(
            f"{path}: the lines have no separator in common; allowed: one of comma, semicolon, tab, | (or --separator)"
        )
    best = max(fitting, key=lambda found: _cells_per_line(head, found))
    named = header if header is not None else _has_header([split_line(line, best) for line in head])
    return FileFormat(header=named, separator=best.separator, encoding=encoding)


def _is_utf8(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8") as file:
            for _ in file:
                pass
    except UnicodeDecodeError:
        return False
    return True


def _cells_per_line(head: list[bytes], candidate: FileFormat) -> int:
    """The number of cells that every line has; 0 when they differ or cannot be cut."""
    try:
        counts = {len(split_line(line, candidate)) for line in head}
    except LineError:
        return 0
    return counts.pop() if len(counts) == 1 else 0


def _has_header(rows: list[list[str]]) -> bool:
    """Names are different texts, none of them a number; a first row of values rarely is.

    Programs that number the rows leave the name of that column empty.
    """
    first, rest = rows[0], rows[1:]
    names = [cell for cell in first if cell]
    if not names or any(set(name) <= NUMERIC for name in names) or len(set(names)) != len(names):
        return False
    # All columns hold text: names do not come back as values.
    return all(not name or name not in {row[place] for row in rest} for place, name in enumerate(first))
