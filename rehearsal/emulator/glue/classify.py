"""What a crawler makes of the first bytes of one file: its format, its columns and their types."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rehearsal.emulator.glue.value_types import json_type, type_of, type_of_one, wider

SAMPLE_BYTES = 1_048_576
SAMPLE_RECORDS = 1_000
BUILT_IN_DELIMITERS = (",", "|", "\t", ";")
LONGEST_HEADER = 150
HEADER_NAME = re.compile(r"[A-Za-z_][\w .\-]*")
GZIP = b"\x1f\x8b"
FOREIGN = {b"PAR1": "parquet", b"Obj\x01": "avro", b"ORC": "orc", b"PK\x03\x04": "zip", b"BZh": "bzip2"}
Column = tuple[str, str]


@dataclass(frozen=True)
class Format:
    """Files of one format may share a table."""

    classification: str
    delimiter: str = ""
    quote: str = ""
    header: bool = False
    classifier: str = ""
    compression: str = "none"


@dataclass(frozen=True)
class Schema:
    """The format of one file and the columns that its sample shows."""

    format: Format
    columns: tuple[Column, ...] = ()


@dataclass(frozen=True)
class CsvRules:
    """A CsvClassifier as it is registered."""

    name: str
    delimiter: str
    quote: str
    contains_header: str
    header: tuple[str, ...] = field(default_factory=tuple)
    trim: bool = True
    single_column: bool = False

    @classmethod
    def of(cls, classifier: Mapping[str, Any]) -> CsvRules:
        """From the record of CreateClassifier."""
        return cls(
            name=classifier["Name"],
            delimiter=classifier.get("Delimiter") or ",",
            quote=classifier.get("QuoteSymbol") or '"',
            contains_header=classifier.get("ContainsHeader") or "UNKNOWN",
            header=tuple(classifier.get("Header") or ()),
            trim=not classifier.get("DisableValueTrimming", False),
            single_column=bool(classifier.get("AllowSingleColumn", False)),
        )


def classify(sample: bytes, rules: Sequence[CsvRules], compression: str = "none") -> Schema:
    """The first classifier that knows the sample decides: the crawler's own ones, then the built-in ones."""
    for magic, name in FOREIGN.items():
        if sample.startswith(magic):
            return Schema(Format(name, compression=compression))
    try:
        text = _whole_lines(sample).decode("utf-8-sig")
    except UnicodeDecodeError:
        return Schema(Format("UNKNOWN", compression=compression))
    if "\x00" in text:
        return Schema(Format("UNKNOWN", compression=compression))
    built_in = [CsvRules("", delimiter, '"', "UNKNOWN") for delimiter in BUILT_IN_DELIMITERS]
    found = None if rules else _json_schema(text, compression)
    for candidate in (*rules, *built_in):
        found = found or _csv_schema(text, candidate, compression)
    return found or _json_schema(text, compression) or Schema(Format("UNKNOWN", compression=compression))


def _whole_lines(sample: bytes) -> bytes:
    """A sample that was cut ends in half a record, perhaps in half a character."""
    return sample if len(sample) < SAMPLE_BYTES else sample[: sample.rfind(b"\n") + 1]


def _csv_schema(text: str, rules: CsvRules, compression: str) -> Schema | None:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=rules.delimiter, quotechar=rules.quote)
    try:
        rows = [row for row, _ in zip(reader, range(SAMPLE_RECORDS + 1), strict=False) if row]
    except csv.Error:
        return None
    width = max((len(row) for row in rows), default=0)
    regular = sum(1 for row in rows if len(row) == width)
    if width < (1 if rules.single_column else 2) or (not rules.name and regular < len(rows)):
        return None
    if rules.trim:
        rows = [[cell.strip() for cell in row] for row in rows]
    header = _header(rows, rules)
    names = list(header) if header else list(rules.header)
    names += ["" for _ in range(len(names), width)]
    names = [name or f"col{index}" for index, name in enumerate(names)]
    body = rows[1:] if header else rows
    columns = tuple(
        (name.lower(), type_of(row[index] for row in body if index < len(row))) for index, name in enumerate(names)
    )
    layout = Format("csv", rules.delimiter, rules.quote, bool(header), rules.name, compression)
    return Schema(layout, columns)


def _header(rows: Sequence[Sequence[str]], rules: CsvRules) -> tuple[str, ...]:
    """The names in the first row, if it is a header."""
    first = tuple(rows[0])
    if rules.contains_header != "UNKNOWN":
        return first if rules.contains_header == "PRESENT" else ()
    if rules.header and first == rules.header:
        return first
    named = all(HEADER_NAME.fullmatch(cell) and len(cell) < LONGEST_HEADER for cell in first[:-1])
    differs = any(type_of_one(cell) != "string" for row in rows[1:] for cell in row if cell)
    return first if len(rows) > 1 and named and differs and type_of(first) == "string" else ()


def _json_schema(text: str, compression: str) -> Schema | None:
    columns: dict[str, str] = {}
    lines = [line for line in text.splitlines() if line.strip()][:SAMPLE_RECORDS]
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            return None
        if not isinstance(record, dict):
            return None
        for name, value in record.items():
            columns[name.lower()] = wider(columns.get(name.lower(), ""), json_type(value))
    if not columns:
        return None
    found = tuple((name, kind or "string") for name, kind in columns.items())
    return Schema(Format("json", compression=compression), found)
