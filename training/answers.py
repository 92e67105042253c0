"""From the rows of a request to the answers, and to the body of the response."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from contract.lines import LineError, split_line
from contract.model import Contract
from contract.rows import Rejection, Row, read_cells, read_record
from contract.values import LARGEST_INTEGER
from training.arrays import table_of_rows
from training.candidates import Scores
from training.request_rows import JSON, JSON_LINES, Invalid, Item

Answer = dict[str, Any]
LONGEST_ROW_ID = 256


def answer(contract: Contract, candidate: Any, items: Iterable[Item], *, batch: bool) -> list[Answer] | Invalid:
    """One answer per row. In a batch a bad row is answered in its place, because a failed request fails the job."""
    answers: list[Answer] = []
    rows: list[Row] = []
    for item in items:
        try:
            rows.append(_read(contract, item))
        except (Rejection, LineError) as error:
            if not batch:
                return Invalid(error.reason, row=item.number, column=error.column)
            answers.append({**_row_id(item), "error": {"column": error.column, "reason": error.reason}})
        else:
            answers.append(_row_id(item))
    if rows:
        predictions = iter(predict(contract, candidate.scores(table_of_rows(contract.features, rows))))
        answers = [entry if "error" in entry else {**entry, **next(predictions)} for entry in answers]
    return answers


def predict(contract: Contract, scores: Scores) -> list[Answer]:
    """Put the scores into the words of the contract."""
    if contract.problem == "regression":
        return [{"prediction": float(score)} for score in scores]
    if contract.problem == "binary":
        [negative] = [name for name in contract.classes if name != contract.positive]
        return [
            {"prediction": contract.positive if score >= 0.5 else negative, "probability": float(score)}
            for score in scores
        ]
    return [
        {
            "prediction": contract.classes[int(np.argmax(row))],
            "probabilities": dict(zip(contract.classes, (float(value) for value in row), strict=True)),
        }
        for row in scores
    ]


def choose_media_type(accept: str) -> str | None:
    """The first media type of an Accept header that can be written."""
    for wanted in (part.split(";")[0].strip().lower() for part in accept.split(",")):
        if wanted in (JSON, JSON_LINES):
            return wanted
        if wanted in ("*/*", "application/*", ""):
            return JSON
    return None


def write_answers(answers: Sequence[Answer], media_type: str) -> str:
    """The body; JSON Lines end with a line feed, so that a batch can put bodies after one another."""
    if media_type == JSON:
        return json.dumps({"predictions": list(answers)})
    return "".join(json.dumps(entry) + "\n" for entry in answers)


def _read(contract: Contract, item: Item) -> Row:
    if item.problem is not None:
        raise Rejection(None, item.problem)
    if (item.record or {}).get("row_id") is not None and not _row_id(item):
        raise Rejection("row_id", f"a row_id is a text of at most {LONGEST_ROW_ID} characters or a whole number")
    if item.line is not None:
        # The body was decoded already: its encoding is that of the request, not that of the files.
        return read_cells(contract, split_line(item.line, replace(contract.format, encoding="utf-8")))
    return read_record(contract, item.record or {})


def _row_id(item: Item) -> Answer:
    """The name that the client gave to the row, to be given back; nothing where it is none that can be."""
    record: Mapping[str, object] = item.record or {}
    match record.get("row_id"):
        case bool():
            return {}
        case str() as text if len(text) <= LONGEST_ROW_ID:
            return {"row_id": text}
        case int() as number if abs(number) <= LARGEST_INTEGER:
            return {"row_id": number}
        case _:
            return {}
