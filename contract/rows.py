"""From cells or a JSON record to a row that keeps the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from contract.lines import LineError
from contract.model import Contract, Value
from contract.values import Rejection, read_value

__all__ = ["LineError", "Rejection", "Row", "read_cells", "read_record", "read_row"]

Row = dict[str, Value]


def read_row(contract: Contract, cells: Sequence[str]) -> Row:
    """A row of a file: all columns, the target included."""
    if len(cells) != len(contract.columns):
        raise Rejection(None, f"{len(cells)} cells where the contract has {len(contract.columns)} columns")
    if contract.is_header(cells):
        raise Rejection(None, "a header line among the rows")
    row: Row = {}
    for column, cell in zip(contract.columns, cells, strict=True):
        required = column.required or column.name == contract.target
        row[column.name] = read_value(column, cell, contract.format, required=required)
    return row


def read_cells(contract: Contract, cells: Sequence[str]) -> Row:
    """The features of a request without names: one cell per feature, in the contract's order."""
    features = contract.features
    if len(cells) != len(features):
        raise Rejection(None, f"{len(cells)} cells where the contract has {len(features)} features")
    return read_record(contract, dict(zip((column.name for column in features), cells, strict=True)))


def read_record(contract: Contract, record: Mapping[str, object]) -> Row:
    """The features of a request by name; what the contract does not know, the target included, is ignored."""
    return {
        column.name: read_value(column, record.get(column.name), contract.format, required=column.required)
        for column in contract.features
    }
