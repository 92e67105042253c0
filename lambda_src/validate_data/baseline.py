"""The training data in a few numbers per column: what later data is compared with."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from contract.model import Column, Contract

VERSION = 1
QUANTILES = [step / 10 for step in range(1, 10)]
MAXIMUM_CATEGORIES = 50
# Bin edges need no more rows than this; the counts in the bins are exact.
EDGE_ROWS = 1_000_000
COUNT = "\x00count"


def make_baseline(rows: pl.LazyFrame, contract: Contract, row_count: int) -> dict[str, Any]:
    """Bins and counts of every column, the target included."""
    bins = {column.name: _bins(rows, column, row_count) for column in contract.columns}
    return {
        "version": VERSION,
        "model": contract.model,
        "target": contract.target,
        "rows": row_count,
        "columns": {name: bins[name] | counts for name, counts in count_in_bins(rows, bins).items()},
    }


def _bins(rows: pl.LazyFrame, column: Column, row_count: int) -> dict[str, Any]:
    value = pl.col(column.name)
    if column.type == "text":
        counted = (
            rows.select(value).drop_nulls().group_by(column.name).agg(pl.len().alias(COUNT)).collect(engine="streaming")
        )
        frequent = counted.sort([COUNT, column.name], descending=[True, False])[column.name]
        return {"kind": "text", "categories": sorted(frequent.head(MAXIMUM_CATEGORIES).to_list())}
    step = row_count // EDGE_ROWS + 1
    sample = rows.select(value).gather_every(step).collect(engine="streaming")[column.name].drop_nulls()
    edges = [sample.quantile(share, interpolation="nearest") for share in QUANTILES] if len(sample) else []
    return {"kind": "number", "edges": sorted({float(edge) for edge in edges if edge is not None})}


def count_in_bins(rows: pl.LazyFrame, bins: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Counts per bin: for numbers between the edges, for text per category and one for all others; missing apart."""
    expressions = [
        expression.alias(f"{number}/{place}")
        for number, (name, entry) in enumerate(bins.items())
        for place, expression in enumerate(_expressions(name, entry))
    ]
    found = rows.select(pl.len().alias("rows"), *expressions).collect(engine="streaming").row(0, named=True)
    counted = {}
    for number, (name, entry) in enumerate(bins.items()):
        values = [found[f"{number}/{place}"] or 0 for place in range(len(_expressions(name, entry)))]
        counted[name] = _counts(found["rows"], entry, values)
    return counted


def _expressions(name: str, entry: Mapping[str, Any]) -> list[pl.Expr]:
    value = pl.col(name)
    if entry["kind"] == "text":
        return [value.null_count(), *((value == category).sum() for category in entry["categories"])]
    return [value.null_count(), *((value <= edge).sum() for edge in entry["edges"])]


def _counts(rows: int, entry: Mapping[str, Any], values: list[int]) -> dict[str, Any]:
    missing, *counted = values
    present = rows - missing
    if entry["kind"] == "text":
        return {"missing": missing, "counts": [*counted, present - sum(counted)]}
    steps = [0, *counted, present]
    return {"missing": missing, "counts": [after - before for before, after in zip(steps, steps[1:], strict=False)]}
