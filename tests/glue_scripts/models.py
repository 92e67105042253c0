"""Strategies: any model that a contract can describe, and files for it."""

import csv
import io
import random
from typing import Any

from hypothesis import strategies as st

from contract.model import (
    RESERVED_NAMES,
    Column,
    ColumnType,
    Contract,
    Evaluation,
    FileFormat,
    Problem,
    Split,
    Training,
    Value,
)

LETTERS = "abcXYZ019 .-_/()`'\"üé"
PROBLEMS: tuple[Problem, ...] = ("binary", "multiclass", "regression")
TYPES: tuple[ColumnType, ...] = ("integer", "number", "text")
CLASSES = ("high", "low")
NAMES = (
    st.text(LETTERS, min_size=1, max_size=12)
    .map(str.strip)
    .filter(lambda name: name and name.lower() not in RESERVED_NAMES and name not in ("?", "NA"))
)
FORMATS = st.builds(
    FileFormat,
    header=st.booleans(),
    separator=st.sampled_from(",;|\t"),
    encoding=st.sampled_from(["utf-8", "latin-1"]),
    missing=st.sampled_from([("",), ("", "?"), ("NA",)]),
)


@st.composite
def contracts(draw: st.DrawFn) -> Contract:
    """Any problem, any columns; the first number decides about the target, so that there is something to learn."""
    names = draw(st.lists(NAMES, min_size=3, max_size=6, unique_by=str.lower))
    problem = draw(st.sampled_from(PROBLEMS))
    columns = [Column(names[0], draw(st.sampled_from(["integer", "number"])), required=True, minimum=0, maximum=1000)]
    columns += [draw(_columns(name, place > 1)) for place, name in enumerate(names[1:-1], 1)]
    columns.insert(
        draw(st.integers(0, len(columns))),
        Column(names[-1], "number") if problem == "regression" else Column(names[-1], "text", allowed=CLASSES),
    )
    return Contract(
        model="any",
        problem=problem,
        target=names[-1],
        positive="high" if problem == "binary" else None,
        format=draw(FORMATS),
        columns=tuple(columns),
        split=Split(0.3, "fraction", 0.2),
        evaluation=Evaluation(slices=tuple(names[1:2])),
        training=Training(hyperparameters={"rounds": 20, "early_stopping_rounds": 5}),
    )


@st.composite
def _columns(draw: st.DrawFn, name: str, may_be_ignored: bool) -> Column:
    """The second column is a slice, so it is a feature."""
    kind = draw(st.sampled_from(TYPES))
    allowed = draw(st.sampled_from([None, ("one", "two;three")])) if kind == "text" else None
    ignored = may_be_ignored and draw(st.booleans())
    return Column(name, kind, required=draw(st.booleans()), allowed=allowed, ignored=ignored)


def file_of(contract: Contract, count: int, seed: int) -> tuple[bytes, int]:
    """An uploaded file with this many good rows, and the number of lines that are none."""
    chosen = random.Random(seed)
    text = io.StringIO()
    writer = csv.writer(text, delimiter=contract.format.separator, lineterminator="\n")
    if contract.format.header:
        writer.writerow(contract.names)
    junk = 0
    for _ in range(count):
        writer.writerow(_row(contract, chosen))
        if chosen.random() < 0.05:
            text.write("only one cell\n")
            junk += 1
    return text.getvalue().encode(contract.format.encoding), junk


def _row(contract: Contract, chosen: random.Random) -> list[Value]:
    decisive = chosen.randint(0, 1000)
    row: list[Value] = []
    for column in contract.columns:
        if column.minimum is not None:
            row.append(decisive)
        elif column.name == contract.target:
            row.append(decisive * 1.5 if column.allowed is None else CLASSES[decisive < 500])
        elif not column.required and chosen.random() < 0.2:
            row.append(contract.format.missing[-1])
        else:
            row.append(_value(column, chosen))
    return row


def _value(column: Column, chosen: random.Random) -> Any:
    if column.type == "text":
        return chosen.choice(column.allowed or ("Zürich", 'a "b"', "x,y;z", "1.0"))
    return chosen.randint(-(10**9), 10**9) if column.type == "integer" else chosen.gauss(0, 1e3)
