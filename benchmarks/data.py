"""Invented data of a known size, the same in every run."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import polars as pl

from contract.model import Column, Contract, DataLimits, Evaluation, FileFormat, Split

WORDS = ("red", "green", "blue", "black", "white", "yellow", "brown", "grey")
NUMBERS = tuple(Column(f"number_{place}", "number", minimum=-1000, maximum=1000) for place in range(6))
INTEGERS = tuple(Column(f"count_{place}", "integer", minimum=0, maximum=10**9) for place in range(3))
TEXTS = tuple(Column(f"word_{place}", "text", allowed=WORDS) for place in range(2))
TARGET = Column("label", "text", allowed=("yes", "no"))


def _contract(model: str) -> Contract:
    return Contract(
        model=model,
        problem="binary",
        target="label",
        positive="yes",
        format=FileFormat(missing=("", "?")),
        columns=(*NUMBERS, *INTEGERS, *TEXTS, TARGET),
        split=Split(validation_fraction=0.2, holdout_fraction=0.2),
        data=DataLimits(maximum_duplicate_fraction=0.5),
        evaluation=Evaluation(minimum_holdout_rows=1),
    )


ETL_CONTRACT = _contract("etl")
VALIDATION_CONTRACT = _contract("validation")


def frame(rows: int, seed: int) -> pl.DataFrame:
    """Rows that keep the contract."""
    chance = np.random.default_rng(seed)
    columns: dict[str, object] = {column.name: chance.normal(0, 50, rows) for column in NUMBERS}
    columns |= {column.name: chance.integers(0, 10**6, rows) for column in INTEGERS}
    columns |= {column.name: chance.choice(WORDS, rows) for column in TEXTS}
    columns["label"] = np.where(np.asarray(columns["number_0"]) > 0, "yes", "no")
    return pl.DataFrame(columns)


def etl_file(path: Path, rows: int) -> None:
    """An upload."""
    path.parent.mkdir(parents=True, exist_ok=True)
    frame(rows, seed=rows).write_csv(path)


def clean_files(root: Path, size_bytes: int) -> int:
    """Clean Parquet as the ETL job leaves it, and a small hold-out. Returns the bytes of the Parquet files."""
    model, source, seed, written = VALIDATION_CONTRACT.model, "", 0, 0
    while written < size_bytes:
        seed += 1
        source = hashlib.sha256(str(seed).encode()).hexdigest()[:32]
        for split, rows in (("train", 600_000), ("validation", 150_000)):
            written += _part(root / f"clean/{model}/source={source}/split={split}/part-0.parquet", source, rows, seed)
    held = frame(2_000, seed=0).with_columns(row_id=pl.Series([f"held-{row}" for row in range(2_000)]))
    path = root / f"heldout/{model}/source={source}/part-0.parquet"
    path.parent.mkdir(parents=True)
    held.select("row_id", *VALIDATION_CONTRACT.names).write_parquet(path, compression="snappy")
    for name in ("features", "labels"):
        lines = root / f"evaluation/{model}/261123101112/{name}/part-0.jsonl"
        lines.parent.mkdir(parents=True)
        lines.write_text("".join(json.dumps({"row_id": row}) + "\n" for row in range(2_000)))
    return written


def sources(root: Path) -> list[str]:
    """The ids of the sources that there are clean files of."""
    return sorted(path.name.removeprefix("source=") for path in (root / "clean" / VALIDATION_CONTRACT.model).iterdir())


def _part(path: Path, source: str, rows: int, seed: int) -> int:
    path.parent.mkdir(parents=True)
    identified = frame(rows, seed).with_columns(row_id=pl.Series([f"{source[:12]}-{row}" for row in range(rows)]))
    identified.select("row_id", *VALIDATION_CONTRACT.names).write_parquet(path, compression="snappy")
    return path.stat().st_size
