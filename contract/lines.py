"""From the bytes of one line to its cells."""

from __future__ import annotations

import re
from collections.abc import Sequence

from contract.model import FileFormat

MAXIMUM_LINE_BYTES = 1 << 20
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# How Python marks the bytes that an encoding does not know.
_UNDECODED = re.compile("[\udc80-\udcff]")


class LineError(ValueError):
    """A line that cannot be cut into cells; the column where the cell in the way has a name."""

    def __init__(self, column: str | None, reason: str) -> None:
        super().__init__(reason if column is None else f"{column}: {reason}")
        self.column = column
        self.reason = reason


def without_terminator(line: bytes) -> bytes:
    """The line as a person sees it: no line feed, and no carriage return before it."""
    return line.removesuffix(b"\n").removesuffix(b"\r")


def is_blank(line: bytes) -> bool:
    """Tell whether a line holds nothing but spaces and tabs (a byte order mark is nothing)."""
    return not line.removeprefix(BYTE_ORDER_MARK).strip(b" \t\r\n")


class _CellError(ValueError):
    """A problem of a line, and its cell (counted from 1)."""

    def __init__(self, cell: int | None, reason: str) -> None:
        super().__init__(reason)
        self.cell = cell
        self.reason = reason


def split_line(line: bytes, file_format: FileFormat, names: Sequence[str] = ()) -> list[str]:
    """Cut one line, given without its terminator, into cells; quotes are removed and spaces trimmed.

    Raises:
        LineError: naming the column, if `names` has one for the cell in the way.
    """
    try:
        cells = _split(_decode(line, file_format), file_format)
    except _CellError as error:
        column = names[error.cell - 1] if error.cell and error.cell <= len(names) else None
        raise LineError(column, error.reason) from error
    return [cell.strip() for cell in cells] if file_format.trim else cells


def _decode(line: bytes, file_format: FileFormat) -> str:
    """The text of a line, or an error that says which byte stands in the way."""
    if len(line) > MAXIMUM_LINE_BYTES:
        raise _CellError(None, f"the line has {len(line):,} bytes, at most {MAXIMUM_LINE_BYTES:,} are read")
    try:
        text = line.decode(file_format.encoding)
    except UnicodeDecodeError as error:
        cell = _cell_with(_UNDECODED, line.decode(file_format.encoding, "surrogateescape"), file_format)
        byte = line[error.start]
        reason = f"byte 0x{byte:02x} at position {error.start + 1} is not {file_format.encoding}"
        raise _CellError(cell, reason) from error
    for mark, name in (("\x00", "a NUL byte"), ("\r", "a carriage return")):
        if mark in text:
            cell = _cell_with(re.compile(mark), text, file_format)
            raise _CellError(cell, f"{name} at position {text.index(mark) + 1}")
    return text


def _cell_with(pattern: re.Pattern[str], text: str, file_format: FileFormat) -> int | None:
    """The first cell that holds this; none where the line cannot be cut."""
    try:
        cells = _split(text, file_format)
    except _CellError:
        return None
    return next((number for number, cell in enumerate(cells, 1) if pattern.search(cell)), None)


def _split(text: str, file_format: FileFormat) -> list[str]:
    if not file_format.quote or file_format.quote not in text:
        return text.split(file_format.separator)
    return _split_quoted(text, file_format)


def _split_quoted(text: str, file_format: FileFormat) -> list[str]:
    cells: list[str] = []
    position = 0
    while True:
        cell, position = _next_cell(text, position, file_format, len(cells) + 1)
        cells.append(cell)
        if position >= len(text):
            return cells
        position += len(file_format.separator)
        if position == len(text):
            return [*cells, ""]


def _next_cell(text: str, start: int, file_format: FileFormat, number: int) -> tuple[str, int]:
    """The cell that starts here, and where it ends (at a separator or at the end of the line)."""
    opening = start
    while file_format.trim and text.startswith(" ", opening) and not text.startswith(file_format.separator, opening):
        opening += 1
    if not text.startswith(file_format.quote, opening):
        end = text.find(file_format.separator, start)
        end = len(text) if end < 0 else end
        if file_format.quote in text[start:end]:
            raise _CellError(number, f"cell {number} has a quote inside a value that is not quoted")
        return text[start:end], end
    return _quoted_cell(text, opening + 1, file_format, number)


def _quoted_cell(text: str, start: int, file_format: FileFormat, number: int) -> tuple[str, int]:
    quote, pieces, position = file_format.quote, list[str](), start
    while True:
        closing = text.find(quote, position)
        if closing < 0:
            reason = f"the quote of cell {number} is never closed (a line break inside a value is not supported)"
            raise _CellError(number, reason)
        pieces.append(text[position:closing])
        position = closing + 1
        if not text.startswith(quote, position):
            break
        pieces.append(quote)
        position += 1
    end = text.find(file_format.separator, position)
    end = len(text) if end < 0 else end
    rest = text[position:end]
    if rest.strip() if file_format.trim else rest:
        raise _CellError(number, f"cell {number} goes on after its closing quote")
    return "".join(pieces), end
