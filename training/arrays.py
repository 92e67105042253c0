"""Rows as NumPy columns: from the training channels, and from the rows of a request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.model import Column, Contract, Value
from training.errors import TrainingError

Values = NDArray[Any]


@dataclass(frozen=True)
class Table:
    """Named columns of equal length: float64 with NaN for a missing number, objects with None for a missing text."""

    columns: dict[str, Values]
    row_count: int


def column_array(column: Column, values: Sequence[Value]) -> Values:
    """One column as an array."""
    if column.type == "text":
        return np.array([*values, None], dtype=object)[:-1]
    return np.array([np.nan if value is None else float(value) for value in values], dtype=np.float64)


def table_of_rows(columns: Sequence[Column], rows: Sequence[dict[str, Value]]) -> Table:
    """Rows that the contract package has read."""
    arrays = {column.name: column_array(column, [row[column.name] for row in rows]) for column in columns}
    return Table(arrays, len(rows))


def table_of_channel(contract: Contract, folder: Path) -> Table:
    """All Parquet files of a channel, in the order of row_id: the file names of Spark are random."""
    import pyarrow as pa
    from pyarrow import parquet

    names = ["row_id", *contract.names]
    pieces: list[Any] = []
    for path in sorted(folder.rglob("*.parquet")):
        # Read as a file, not as a data set: that would add columns for source= and split= in the path.
        file = parquet.ParquetFile(path)
        missing = [name for name in names if name not in file.schema_arrow.names]
        if missing:
            raise TrainingError("the column is missing", file=path.name, column=missing[0])
        pieces.append(file.read(columns=names).select(names))
    if not pieces or not sum(piece.num_rows for piece in pieces):
        raise TrainingError(f"the channel {folder.name!r} holds no rows", file=str(folder))
    table = pa.concat_tables(pieces).sort_by("row_id")
    arrays = {column.name: _from_arrow(column, table.column(column.name)) for column in contract.columns}
    return Table(arrays, table.num_rows)


def concatenate(first: Table, second: Table) -> Table:
    """The rows of both."""
    columns = {name: np.concatenate([values, second.columns[name]]) for name, values in first.columns.items()}
    return Table(columns, first.row_count + second.row_count)


def target_array(contract: Contract, table: Table) -> NDArray[np.float64]:
    """The target as numbers: the value itself, 1 for the positive class, or the place of the class."""
    values = table.columns[contract.target]
    if contract.problem == "regression":
        return values.astype(np.float64)
    if contract.problem == "binary":
        return (values == contract.positive).astype(np.float64)
    places = {name: float(place) for place, name in enumerate(contract.classes)}
    return np.array([places[value] for value in values], dtype=np.float64)


def _from_arrow(column: Column, chunked: Any) -> Values:
    if column.type == "text":
        return column_array(column, chunked.to_pylist())
    return np.asarray(chunked.cast("float64").to_numpy(), dtype=np.float64)
