"""The clean rows, read lazily from S3 and measured in a few streaming passes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import polars as pl

from contract.model import Column, Contract

# Names that no contract's column can clash with by accident.
FILE = "\x00file"
ROW = "\x00row"
TYPES: dict[str, pl.DataType] = {"integer": pl.Int64(), "number": pl.Float64(), "text": pl.String()}


@dataclass(frozen=True)
class ColumnCounts:
    """The number of values of a column that break the contract."""

    missing: int = 0
    below: int = 0
    above: int = 0
    not_finite: int = 0
    not_allowed: int = 0


@dataclass(frozen=True)
class Measures:
    """Measures of one split's rows."""

    rows: int = 0
    columns: dict[str, ColumnCounts] = field(default_factory=dict)
    target_values: int = 0
    classes: dict[str, int] = field(default_factory=dict)


def expected_schema(contract: Contract) -> dict[str, pl.DataType]:
    """Column names and types that the ETL job promises."""
    row_id: dict[str, pl.DataType] = {"row_id": pl.String()}
    return row_id | {column.name: TYPES[column.type] for column in contract.columns}


def scan(root: str, keys: Sequence[str], contract: Contract) -> pl.LazyFrame:
    """The rows of some files; `root` is s3://<bucket>/. Other columns or types than the contract's are an error."""
    if not keys:
        return pl.LazyFrame(schema=expected_schema(contract) | {FILE: pl.String()})
    paths = [root + key for key in keys]
    return pl.scan_parquet(
        paths, schema=expected_schema(contract), hive_partitioning=False, glob=False, include_file_paths=FILE
    )


def rows_by_key(root: str, rows: pl.LazyFrame) -> dict[str, int]:
    """Rows of each file."""
    counted = rows.group_by(FILE).agg(pl.len().alias(ROW)).collect(engine="streaming")
    return {name.removeprefix(root): count for name, count in counted.iter_rows()}


def measure(rows: pl.LazyFrame, contract: Contract) -> Measures:
    """One pass over all columns, one over the target."""
    expressions = [pl.len().alias("rows"), pl.col(contract.target).n_unique().alias("target_values")]
    for number, column in enumerate(contract.columns):
        expressions += [value.alias(f"{number}/{name}") for name, value in _counts(column).items()]
    found = rows.select(expressions).collect(engine="streaming").row(0, named=True)
    columns = {
        column.name: ColumnCounts(**{name: found[f"{number}/{name}"] or 0 for name in _counts(column)})
        for number, column in enumerate(contract.columns)
    }
    return Measures(found["rows"], columns, found["target_values"], _classes(rows, contract))


def _counts(column: Column) -> dict[str, pl.Expr]:
    value = pl.col(column.name)
    counts = {"missing": value.null_count()}
    if column.type == "number":
        counts["not_finite"] = value.is_finite().not_().sum()
    if column.type != "text" and column.minimum is not None:
        counts["below"] = (value < column.minimum).sum()
    if column.type != "text" and column.maximum is not None:
        counts["above"] = (value > column.maximum).sum()
    if column.type == "text" and column.allowed is not None:
        counts["not_allowed"] = value.is_in(list(column.allowed)).not_().sum()
    return counts


def _classes(rows: pl.LazyFrame, contract: Contract) -> dict[str, int]:
    if not contract.classes:
        return {}
    counted = rows.group_by(contract.target).agg(pl.len().alias(ROW)).collect(engine="streaming")
    return {str(name): count for name, count in counted.iter_rows()}


def distinct_rows(rows: pl.LazyFrame, contract: Contract) -> pl.DataFrame:
    """One hash for each row that differs from all others in a feature or the target; eight bytes each."""
    return rows.select(_row_hash(contract)).unique().collect(engine="streaming")


def leaked_rows(distinct: pl.DataFrame, heldout: pl.LazyFrame, contract: Contract) -> int:
    """Hold-out rows that stand among these rows with all of their values."""
    leaked = heldout.select(_row_hash(contract)).join(distinct.lazy(), on=ROW, how="semi")
    return leaked.select(pl.len()).collect(engine="streaming").item()


def _row_hash(contract: Contract) -> pl.Expr:
    """Ignored columns may number the rows: with them, no row would ever be another's duplicate."""
    names = [*(column.name for column in contract.features), contract.target]
    return pl.struct([pl.col(name) for name in names]).hash(seed=0).alias(ROW)
