"""Rows of a channel as columns."""

from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from tests.contract.examples import CHURN
from training.arrays import concatenate, table_of_channel, target_array

ROWS = [
    {"row_id": f"a-{number}", "age": 20 + number, "spent": None, "plan": "plus", "city": None, "left": "yes"}
    for number in range(6)
]


def channel(folder: Path, *parts: list[dict[str, object]]) -> Path:
    for number, rows in enumerate(parts):
        path = folder / "source=0a" / "split=train" / f"part-{number}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        table = pa.Table.from_pylist(rows)
        schema = pa.schema([field.with_type(pa.string()) if field.name == "city" else field for field in table.schema])
        parquet.write_table(table.cast(schema.set(2, pa.field("spent", pa.float64()))), path)
    return folder


def test_neither_file_names_nor_the_order_of_writing_reach_the_model(tmp_path: Path) -> None:
    first = table_of_channel(CHURN, channel(tmp_path / "first", ROWS[:2], ROWS[2:]))
    second = table_of_channel(CHURN, channel(tmp_path / "second", ROWS[:1:-1], ROWS[1::-1]))

    for name, values in first.columns.items():
        np.testing.assert_array_equal(values, second.columns[name])
    assert first.columns["age"].tolist() == [20, 21, 22, 23, 24, 25]


def test_the_folders_of_the_path_are_no_columns(tmp_path: Path) -> None:
    assert set(table_of_channel(CHURN, channel(tmp_path, ROWS)).columns) == set(CHURN.names)


def test_missing_values_are_nan_and_none(tmp_path: Path) -> None:
    table = table_of_channel(CHURN, channel(tmp_path, ROWS))

    assert np.isnan(table.columns["spent"]).all()
    assert set(table.columns["city"]) == {None}


def test_tables_are_put_after_one_another(tmp_path: Path) -> None:
    table = table_of_channel(CHURN, channel(tmp_path, ROWS))
    both = concatenate(table, table)

    assert both.row_count == 12
    assert target_array(CHURN, both).tolist() == [1.0] * 12
