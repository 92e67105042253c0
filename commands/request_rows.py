"""From a file or the command line to the rows of a request. Pure."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from commands.errors import Exit, Refused
from contract.files import read_head
from contract.lines import LineError, is_blank, split_line
from contract.model import Contract

# The service takes 6 MiB in one request; rows of a request are answered together within 60 seconds.
MAXIMUM_BYTES = 4 << 20
MAXIMUM_ROWS = 1000


@dataclass(frozen=True)
class RequestRow:
    """One row as JSON, and where it stands in what was given."""

    line: int
    text: bytes


def rows_of_options(texts: Sequence[str]) -> list[RequestRow]:
    """The rows given by --row."""
    return [_json_row(number, text.encode()) for number, text in enumerate(texts, 1)]


def rows_of_file(contract: Contract, content: bytes) -> list[RequestRow]:
    """The rows of JSON Lines, or of CSV with or without header and target."""
    lines = [(number, line) for number, line in enumerate(read_head(content, True), 1) if not is_blank(line)]
    if lines and lines[0][1].lstrip().startswith(b"{"):
        return [_json_row(number, line) for number, line in lines]
    return list(_csv_rows(contract, lines))


def batches(rows: Sequence[RequestRow]) -> Iterator[list[RequestRow]]:
    """The rows in as few requests as they fit in."""
    batch: list[RequestRow] = []
    size = 0
    for row in rows:
        if batch and (size + len(row.text) + 1 > MAXIMUM_BYTES or len(batch) == MAXIMUM_ROWS):
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += len(row.text) + 1
    if batch:
        yield batch


def _json_row(number: int, text: bytes) -> RequestRow:
    try:
        value: Any = json.loads(text)
    except ValueError as error:
        raise Refused(f"row {number} is not JSON: {error}", Exit.USAGE) from None
    if not isinstance(value, dict):
        raise Refused(f'row {number} is not a JSON object such as {{"column": 1}}', Exit.USAGE)
    return RequestRow(number, json.dumps(value).encode())


def _csv_rows(contract: Contract, lines: list[tuple[int, bytes]]) -> Iterator[RequestRow]:
    features = tuple(column.name for column in contract.features)
    asked = frozenset(features)
    for position, (number, line) in enumerate(lines):
        try:
            cells = tuple(split_line(line, contract.format))
        except LineError as error:
            raise Refused(f"line {number}: {error}") from None
        if position == 0 and (contract.is_header(cells) or cells == features):
            continue
        names = contract.names if len(cells) == len(contract.names) else features
        if len(cells) != len(names):
            raise Refused(
                f"line {number} has {len(cells)} cells: {contract.model} is asked with {len(features)}"
                f" ({', '.join(features)}), the target may stand in its place"
            )
        row = {name: cell for name, cell in zip(names, cells, strict=True) if name in asked}
        yield RequestRow(number, json.dumps(row).encode())
