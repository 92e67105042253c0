"""The tables of what AWS was seen to do: which rows there are, and where each comes from."""

import tomllib
from collections.abc import Iterator
from typing import Any

from tests.conformance.witness import ROOT, Counts

FOLDER = ROOT / "tests" / "conformance" / "recorded"
SOURCES = ("source", "recording", "issue", "guide")


def run() -> Counts:
    """Every row of every table."""
    tables = {path.stem: rows(tomllib.loads(path.read_text("utf-8"))) for path in sorted(FOLDER.glob("*.toml"))}
    return counted(tables)


def counted(tables: dict[str, list[tuple[str, Any]]]) -> Counts:
    """Rows with a source agree, as the tests that run them hold; a row without one differs."""
    bare = [f"{name}.toml: {key}: no source" for name, found in tables.items() for key, row in found if not source(row)]
    everything = sum(map(len, tables.values()))
    each = ", ".join(f"{name} {len(found)}" for name, found in tables.items())
    return Counts(everything - len(bare), differ=tuple(bare), note=f"rows: {each}")


def rows(table: dict[str, Any]) -> list[tuple[str, Any]]:
    """Every row, with the name of its list or its own."""
    return list(_rows(table, ""))


def source(row: Any) -> str:
    """Where the row comes from."""
    found = [str(row[name]) for name in SOURCES if isinstance(row, dict) and row.get(name)]
    return "; ".join(found)


def _rows(table: dict[str, Any], above: str) -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        name = f"{above}{key}"
        if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            yield from ((f"{name}[{index}]", row) for index, row in enumerate(value))
        else:
            yield name, value


def unread(name: str, tests: str) -> list[str]:
    """The lists and rows of one table that no test of this text takes from it."""
    table = tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))
    return [key for key in table if f'["{key}"]' not in tests]
