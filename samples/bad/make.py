"""Write the bad files of this folder from the good ones that ship: python samples/bad/make.py.

They are committed; this is the record of how they were made, and a test compares. What must become of each stands
in cases.toml.
"""

from __future__ import annotations

import gzip
import struct
from collections.abc import Callable, Collection
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
PATIENTS = (FOLDER.parent / "diabetes" / "diabetes.csv").read_text().splitlines()
PERSONS = gzip.decompress((FOLDER.parent / "adult" / "adult.data.gz").read_bytes()).decode().splitlines()
WINES = (FOLDER.parent / "wine" / "wine.csv").read_text().splitlines()
ROWS = 20
Damage = Callable[[list[str]], list[str]]


def bad_files() -> dict[str, bytes]:
    """The content of each file by its name."""
    few = PATIENTS[: ROWS + 1]
    cells = [line.split(",") for line in few]
    return {
        "empty.csv": b"",
        "missing-column.csv": _text([",".join(row[:2] + row[3:]) for row in cells]),
        "extra-column.csv": _text([f"{line},{'clinic' if not number else 'north'}" for number, line in enumerate(few)]),
        "other-order.csv": _text([",".join([row[1], row[0], *row[2:]]) for row in cells]),
        "no-header.csv": _text([",".join(row[:-1]) for row in cells[1:]]),
        "wrong-count.data": _text([line.rpartition(",")[0] for line in PERSONS[:ROWS]]),
        "latin-1.csv": _damaged(few, range(1, ROWS + 1), _with_first("{}\u00a0")).decode().encode("latin-1"),
        "latin-1-in-some-rows.csv": _damaged(few, (6, 13), _with_first("{}\u00a0")).decode().encode("latin-1"),
        "thirty-percent.csv": _damaged(few, (2, 5, 8, 11, 14, 17), _without_number),
        "type-grows.csv": _damaged(few, range(1, ROWS + 1), _with_first("{}.5")),
        "type-grows-in-some-rows.csv": _damaged(
            few, (3, 9, 15), lambda row: _with_first("{}.5" if int(row[0]) > 65 else "about {}")(row)
        ),
        "one-class.csv": _text([WINES[0], *(line.rpartition(",")[0] + ",class_0" for line in WINES[1:])]),
        "binary.csv": b"".join(struct.pack("<11d", *map(float, row)) for row in cells[1:6]),
        "packed.csv.gz": gzip.compress(_text(few), mtime=0),
        "good-rows.csv": _text(few),
    }


def _with_first(form: str) -> Damage:
    return lambda row: [form.format(row[0]), *row[1:]]


def _without_number(row: list[str]) -> list[str]:
    """The text of an export that lost a value: sometimes a word, sometimes one cell too few."""
    return [*row[:2], "n/a", *row[3:]] if float(row[2]) > 25 else row[:-1]


def _damaged(lines: list[str], numbers: Collection[int], damage: Damage) -> bytes:
    return _text(
        [",".join(damage(line.split(","))) if number in numbers else line for number, line in enumerate(lines)]
    )


def _text(lines: list[str]) -> bytes:
    return ("\n".join(lines) + "\n").encode()


if __name__ == "__main__":
    for name, content in bad_files().items():
        (FOLDER / name).write_bytes(content)
