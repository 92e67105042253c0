"""The outcome of one line of an uploaded file. Every line has exactly one outcome, so lines can be counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from contract.lines import BYTE_ORDER_MARK, LineError, is_blank, split_line, without_terminator
from contract.model import Contract
from contract.rows import Rejection, Row, read_row
from contract.split import split_of

Kind = Literal["header", "blank", "quarantined", "train", "validation", "holdout"]
CLEAN: tuple[Kind, ...] = ("train", "validation", "holdout")
KINDS: tuple[Kind, ...] = ("header", "blank", "quarantined", *CLEAN)


@dataclass(frozen=True)
class Outcome:
    """The outcome of a line: its row if it is clean, column and reason if it is quarantined."""

    kind: Kind
    row: Row | None = None
    column: str | None = None
    reason: str | None = None


def original(line: bytes, number: int) -> bytes:
    """The bytes of a line as they are kept: without terminator, and the first one without a byte order mark."""
    return without_terminator(line.removeprefix(BYTE_ORDER_MARK) if number == 1 else line)


def read_line(contract: Contract, line: bytes, number: int, role: str) -> Outcome:
    """The outcome of line `number` (counted from 1) of an object with this role."""
    line = original(line, number)
    if is_blank(line):
        return Outcome("blank")
    try:
        cells = split_line(line, contract.format, contract.names)
        if number == 1 and contract.format.header and contract.is_header(cells):
            return Outcome("header")
        row = read_row(contract, cells)
    except (LineError, Rejection) as error:
        return Outcome("quarantined", column=error.column, reason=error.reason)
    return Outcome(split_of(contract, row, role), row=row)
