"""The content of each column of a file, read once from beginning to end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Set
from dataclasses import dataclass, field

from contract.lines import LineError, split_line
from contract.model import Column, FileFormat
from contract.values import Rejection, read_value

# Spellings of "no value". None and none are left out: they are also words.
MISSING_MARKS = frozenset({"", "?", "NA", "N/A", "NaN", "nan", "null", "NULL", "#N/A"})
COUNTED_VALUES = 1000
_NUMBER = Column(name="any", type="number")


@dataclass
class ColumnProfile:
    """One column: how often something is missing, which values there are, and how large they get."""

    name: str
    rows: int = 0
    missing: Counter[str] = field(default_factory=lambda: Counter[str]())
    values: Counter[str] = field(default_factory=lambda: Counter[str]())
    numeric: bool = True
    whole: bool = True
    least: float | None = None
    largest: float | None = None
    repeats: bool = False
    unnamed: bool = False

    def take(self, cell: str, file_format: FileFormat) -> None:
        """Count one cell."""
        self.rows += 1
        if cell in MISSING_MARKS:
            self.missing[cell] += 1
            return
        if cell in self.values:
            self.repeats = True
        if cell in self.values or len(self.values) <= COUNTED_VALUES:
            self.values[cell] += 1
        if self.numeric:
            self._measure(cell, file_format)

    def _measure(self, cell: str, file_format: FileFormat) -> None:
        try:
            value = read_value(_NUMBER, cell, file_format, required=True)
        except Rejection:
            self.numeric = False
            return
        number = float(value)  # type: ignore[arg-type]  # a number column gives numbers
        self.whole = self.whole and number.is_integer() and abs(number) < 10**15
        self.least = number if self.least is None else min(self.least, number)
        self.largest = number if self.largest is None else max(self.largest, number)

    @property
    def filled(self) -> int:
        """Rows that have a value."""
        return self.rows - self.missing.total()

    @property
    def few_values(self) -> bool:
        """Tell whether all values were counted."""
        return len(self.values) <= COUNTED_VALUES

    @property
    def type(self) -> str:
        """The contract's type that takes every value."""
        if not self.numeric or not self.filled:
            return "text"
        return "integer" if self.whole else "number"


@dataclass(frozen=True)
class FileProfile:
    """All columns of a file."""

    columns: tuple[ColumnProfile, ...]
    rows: int
    broken_lines: int

    def column(self, name: str) -> ColumnProfile | None:
        return next((column for column in self.columns if column.name == name), None)


def profile(lines: Iterable[bytes], file_format: FileFormat) -> FileProfile:
    """Read every line once. Lines that cannot be cut, or have another number of cells, are only counted."""
    reader = iter(lines)
    names = split_line(next(reader), file_format) if file_format.header else None
    columns = tuple(
        ColumnProfile(name or f"unnamed_{place}", unnamed=not name) for place, name in enumerate(names or (), 1)
    )
    rows, broken = 0, 0
    for line in reader:
        try:
            cells = split_line(line, file_format)
        except LineError:
            broken += 1
            continue
        if not columns:
            columns = tuple(ColumnProfile(f"column_{place}") for place in range(1, len(cells) + 1))
        if len(cells) != len(columns):
            broken += 1
            continue
        rows += 1
        for column, cell in zip(columns, cells, strict=True):
            column.take(cell, file_format)
    return FileProfile(columns, rows, broken)


def repeated_rows(lines: Iterable[bytes], file_format: FileFormat, left_out: Set[int]) -> int:
    """Rows that say the same as an earlier one, the columns at some places left out: they may number the rows."""
    seen, repeated = set[int](), 0
    for line in lines:
        try:
            cells = split_line(line, file_format)
        except LineError:
            continue
        row = hash(tuple(cell for place, cell in enumerate(cells) if place not in left_out))
        repeated += row in seen
        seen.add(row)
    return repeated
