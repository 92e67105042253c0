"""Synthetic rows for the training tests, and a stand-in for the toolkit's response."""

import sys
import types
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contract.model import Column, Contract, FileFormat, Training, Value
from contract.rows import Row
from training.arrays import Table, table_of_rows

SMALL_TREES = Training(hyperparameters={"rounds": 60, "early_stopping_rounds": 10, "max_depth": 3})


@dataclass
class Response:
    """A response as the toolkit's class takes it."""

    response: str
    status: int = 200
    mimetype: str | None = None


def install_toolkit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The toolkit is part of the image; its contract with our code is tested with the real one in tests/toolkit."""
    name = "sagemaker_containers.beta.framework"
    toolkit = types.ModuleType(name)
    # There it is an attribute, not a module of its own.
    toolkit.worker = types.SimpleNamespace(Response=Response)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, name, toolkit)


def numbers_contract(problem: str, **changes: Any) -> Contract:
    """Four numbers and a target."""
    classes = {"binary": ("yes", "no"), "multiclass": ("low", "middle", "high")}.get(problem)
    target = Column("it", "number" if classes is None else "text", allowed=classes)
    return Contract(
        model="synthetic",
        problem=problem,  # type: ignore[arg-type]
        target="it",
        positive="yes" if problem == "binary" else None,
        format=FileFormat(),
        columns=(*(Column(f"x{place}", "number") for place in range(4)), target),
        training=SMALL_TREES,
        **changes,
    )


def numbers_table(contract: Contract, count: int, seed: int, *, linear: bool) -> Table:
    """Rows whose target is a sum of the numbers, or (not linear) a sign that no sum of them can tell."""
    random = np.random.default_rng(seed)
    values = random.normal(size=(count, 4))
    noise = random.normal(scale=0.3, size=count)
    signal = values @ np.array([1.5, -2.0, 1.0, 0.5]) if linear else 2.0 * np.sign(values[:, 0] * values[:, 1])
    return table_of_rows(contract.columns, _rows(contract, values, signal + noise))


def _rows(contract: Contract, values: Any, signal: Any) -> list[Row]:
    targets: Sequence[Value]
    if contract.problem == "regression":
        targets = [float(value) for value in signal]
    elif contract.problem == "binary":
        targets = ["yes" if value > 0 else "no" for value in signal]
    else:
        targets = [contract.classes[int(np.digitize(value, [-1.0, 1.0]))] for value in signal]
    return [
        {**{f"x{place}": float(value) for place, value in enumerate(row)}, "it": target}
        for row, target in zip(values, targets, strict=True)
    ]


def write_channels(root: Path, contract: Contract, rows: dict[str, list[Row]]) -> dict[str, str]:
    """The folders of a training job, laid out like a manifest lays them out; the environment that names them."""
    import pyarrow as pa
    from pyarrow import parquet

    environment = {"SM_MODEL_DIR": str(root / "model"), "SM_CHANNEL_CONTRACT": str(root / "contract")}
    (root / "contract").mkdir(parents=True)
    (root / "contract" / "0a1b2c.json").write_text(contract.to_json())
    types_of = {"integer": pa.int64(), "number": pa.float64(), "text": pa.string()}
    schema = pa.schema(
        [("row_id", pa.string()), *((column.name, types_of[column.type]) for column in contract.columns)]
    )
    for split, split_rows in rows.items():
        folder = root / split / "source=0123" / f"split={split}"
        folder.mkdir(parents=True)
        named = [{"row_id": f"0123-{number}", **row} for number, row in enumerate(split_rows, 2)]
        parquet.write_table(pa.Table.from_pylist(named, schema=schema), folder / "part-00000.snappy.parquet")
        environment[f"SM_CHANNEL_{split.upper()}"] = str(root / split)
    return environment


def rows_of_table(table: Table) -> list[Row]:
    """The rows of a table without missing numbers."""
    columns = [[value for value in values.tolist()] for values in table.columns.values()]
    return [dict(zip(table.columns, values, strict=True)) for values in zip(*columns, strict=True)]
