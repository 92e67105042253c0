"""The look at the beginning of a file, before any expensive step sees it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from contract.intake import read_line
from contract.lines import BYTE_ORDER_MARK, LineError, is_blank, split_line, without_terminator
from contract.model import Contract

HEAD_BYTES = 65536
HIDDEN = ("_", ".")
UNFINISHED = "._COPYING_"
# The head's rows are judged like any line that cannot be a header; its byte order mark is gone already.
AFTER_HEADER = 2
_MAGIC = (
    (b"\x1f\x8b", "is compressed with gzip"),
    (b"PK\x03\x04", "is a zip archive or an Office document"),
    (b"BZh", "is compressed with bzip2"),
    (b"\xfd7zXZ\x00", "is compressed with xz"),
    (b"\x28\xb5\x2f\xfd", "is compressed with zstandard"),
    (b"PAR1", "is a Parquet file"),
    (b"\xd0\xcf\x11\xe0", "is an old Office document"),
    (b"%PDF", "is a PDF document"),
    (b"\xff\xfe", "is encoded in UTF-16 or UTF-32"),
    (b"\xfe\xff", "is encoded in UTF-16"),
)


@dataclass(frozen=True)
class HeadProblem:
    """One problem of a file, with its column where one can be named."""

    column: str | None
    reason: str
    without_rows: bool = False
    """The file holds nothing, so it does no harm beside others."""


def read_head(head: bytes, complete: bool) -> list[bytes]:
    """The whole lines of the first bytes of a file, cut at line feeds as the ETL job cuts them."""
    lines = head.removeprefix(BYTE_ORDER_MARK).split(b"\n")
    last = lines.pop()
    if complete and last:
        lines.append(last)
    return lines


def check_key(key: str) -> HeadProblem | None:
    """Names that S3 takes, but under which Spark finds no file or another one."""
    *folders, name = key.split("/")
    if name.startswith(HIDDEN) or name.endswith(UNFINISHED):
        return HeadProblem(None, f"Spark passes over file names that begin with '_' or '.' or end with '{UNFINISHED}'")
    if any(part in ("", ".", "..") for part in folders):
        return HeadProblem(None, "the key has an empty part, '.' or '..' between two slashes")
    if ":" in key:
        return HeadProblem(None, "Spark cannot read a key with a colon")
    return None


def check_head(contract: Contract, head: bytes, size: int, complete: bool) -> list[HeadProblem]:
    """All that is wrong with the first bytes of a file; an empty list lets it in."""
    reason = _unreadable(head, size, complete)
    if reason:
        return [HeadProblem(None, reason, without_rows=size == 0)]
    lines = read_head(head, complete)
    if contract.format.header:
        problems = _check_header(contract, without_terminator(lines[0]) if lines else b"")
        if problems:
            return problems
        lines = lines[1:]
    lines = [line for line in lines if not is_blank(line)]
    if not lines:
        where = "the file has" if complete else f"the first {len(head):,} bytes hold"
        return [HeadProblem(None, f"{where} no rows", without_rows=complete)]
    return _check_rows(contract, lines)


def _unreadable(head: bytes, size: int, complete: bool) -> str | None:
    if size == 0:
        return "the file is empty"
    for magic, meaning in _MAGIC:
        if head.startswith(magic):
            return f"the file {meaning}: upload plain text"
    if b"\x00" in head:
        return "the file is binary: upload plain text"
    if b"\n" not in head and b"\r" in head:
        return "the lines end with carriage returns only: use line feeds"
    if b"\n" not in head and not complete:
        return f"the first line is longer than {len(head):,} bytes"
    return None


def _check_header(contract: Contract, line: bytes) -> list[HeadProblem]:
    try:
        found = split_line(line, contract.format)
    except LineError as error:
        return [HeadProblem(None, f"the header cannot be read: {error.reason}")]
    if contract.is_header(found):
        return []
    if not set(found) & set(contract.names):
        # A list of all columns, each missing, would hide what happened: there is no header, or another separator.
        header = contract.format.separator.join(contract.names)
        return [HeadProblem(None, f"line 1 is not the header: {_shown(line)} ({_cells(found)}) instead of {header}")]
    problems = [HeadProblem(name, "the header lacks this column") for name in contract.names if name not in found]
    for name, count in Counter(found).items():
        if name not in contract.names:
            problems.append(HeadProblem(name, "the header has a column that the contract does not know"))
        elif count > 1:
            problems.append(HeadProblem(name, f"the header has this column {count} times"))
    if problems:
        return problems
    moved = next(
        (want, place) for place, (want, got) in enumerate(zip(contract.names, found, strict=True), 1) if want != got
    )
    return [HeadProblem(moved[0], f"the header has another order: this column belongs in place {moved[1]}")]


def _check_rows(contract: Contract, lines: list[bytes]) -> list[HeadProblem]:
    """Find what is wrong with more than half of the rows, and so with the file; the rest is for the quarantine."""
    rejected: Counter[str | None] = Counter()
    first_reason: dict[str | None, str | None] = {}
    for line in lines:
        outcome = read_line(contract, line, AFTER_HEADER, "training")
        if outcome.kind == "quarantined":
            rejected[outcome.column] += 1
            first_reason.setdefault(outcome.column, outcome.reason)
    return [
        HeadProblem(column, f"{count} of the first {len(lines)} rows are wrong, the first: {first_reason[column]}")
        for column, count in sorted(rejected.items(), key=lambda item: item[0] or "")
        if 2 * count > len(lines)
    ]


def _shown(line: bytes) -> str:
    text = line.decode("utf-8", "replace")
    return repr(text if len(text) <= 40 else text[:37] + "...")


def _cells(found: list[str]) -> str:
    return "1 cell" if len(found) == 1 else f"{len(found)} cells"
