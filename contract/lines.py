"""From the bytes of one line to its cells."""

from __future__ import annotations

from contract.model import FileFormat

MAXIMUM_LINE_BYTES = 1 << 20
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class LineError(ValueError):
    """A line that cannot be cut into cells."""

    def __init__(self, column: str | None, reason: str) -> None:
        super().__init__(reason if column is None else f"{column}: {reason}")
        self.column = column
        self.reason = reason


def without_terminator(line: bytes) -> bytes:
    """The line as a person sees it: no line feed, and no carriage return before it."""
    return line.removesuffix(b"\n").removesuffix(b"\r")


def is_blank(line: bytes) -> bool:
    """Whether a line holds nothing but spaces and tabs (a byte order mark is nothing)."""
    return not line.removeprefix(BYTE_ORDER_MARK).strip(b" \t\r\n")


def split_line(line: bytes, file_format: FileFormat) -> list[str]:
    """Cut one line, given without its terminator, into cells; quotes are removed and spaces trimmed."""
    text = decode_line(line, file_format)
    if not file_format.quote or file_format.quote not in text:
        cells = text.split(file_format.separator)
    else:
        cells = _split_quoted(text, file_format)
    return [cell.strip() for cell in cells] if file_format.trim else cells


def decode_line(line: bytes, file_format: FileFormat) -> str:
    """The text of a line, or a LineError that says which byte stands in the way."""
    if len(line) > MAXIMUM_LINE_BYTES:
        raise LineError(None, f"the line has {len(line):,} bytes, at most {MAXIMUM_LINE_BYTES:,} are read")
    try:
        text = line.decode(file_format.encoding)
    except UnicodeDecodeError as error:
        byte = line[error.start]
        reason = f"byte 0x{byte:02x} at position {error.start + 1} is not {file_format.encoding}"
        raise LineError(None, reason) from error
    for mark, name in (("\x00", "a NUL byte"), ("\r", "a carriage return")):
        if mark in text:
            raise LineError(None, f"{name} at position {text.index(mark) + 1}")
    return text


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
            raise LineError(None, f"cell {number} has a quote inside a value that is not quoted")
        return text[start:end], end
    return _quoted_cell(text, opening + 1, file_format, number)


def _quoted_cell(text: str, start: int, file_format: FileFormat, number: int) -> tuple[str, int]:
    quote, pieces, position = file_format.quote, list[str](), start
    while True:
        closing = text.find(quote, position)
        if closing < 0:
            reason = f"the quote of cell {number} is never closed (a line break inside a value is not supported)"
            raise LineError(None, reason)
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
        raise LineError(None, f"cell {number} goes on after its closing quote")
    return "".join(pieces), end
