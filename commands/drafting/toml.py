"""A draft as TOML, with what was seen as comments. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator

from commands.drafting.model import HOLDOUT_FRACTION, Draft
from commands.drafting.profile import ColumnProfile

SHOWN_VALUES = 8


def write(draft: Draft, source: str, repeated_rows: int) -> str:
    """The whole file."""
    return "\n".join([*_head(draft, source), *_format(draft), *_columns(draft), *_rules(draft, repeated_rows), ""])


def _head(draft: Draft, source: str) -> Iterator[str]:
    yield f"# Drafted from {_text(source)}: {draft.profile.rows:,} rows. Look at every line before you rely on it."
    yield f"name = {_text(draft.name)}"
    yield f"description = {_text(f'Predicts {draft.target.name}.')}"
    yield f'problem = "{draft.problem}"'
    yield f"target = {_text(draft.target.name)}"
    if draft.positive is not None:
        yield f"positive = {_text(draft.positive)} # the class whose probability is predicted"


def _format(draft: Draft) -> Iterator[str]:
    yield from ("", "[format]", f"header = {str(draft.format.header).lower()}")
    yield f"separator = {_text(draft.format.separator)}"
    if draft.format.encoding != "utf-8":
        yield f"encoding = {_text(draft.format.encoding)}"
    yield f"missing = [{', '.join(map(_text, draft.missing))}]"


def _columns(draft: Draft) -> Iterator[str]:
    for column in draft.profile.columns:
        yield from ("", "[[columns]]", f"name = {_text(column.name)}")
        if column is draft.target:
            yield from _target(draft)
        elif column.name in draft.ignored:
            yield f'type = "{column.type}"'
            yield f"ignored = true # {draft.ignored[column.name]}"
        else:
            yield from _feature(column)


def _target(draft: Draft) -> Iterator[str]:
    if draft.problem == "regression":
        yield f'type = "{draft.target.type}" # seen: {_range(draft.target)}'
        return
    yield 'type = "text"'
    yield f"allowed = [{', '.join(map(_text, draft.classes))}] # the classes"


def _feature(column: ColumnProfile) -> Iterator[str]:
    missing = f", missing in {column.missing.total():,} rows" if column.missing else ""
    if column.type == "text":
        shown = ", ".join(_text(value) for value, _ in column.values.most_common(SHOWN_VALUES))
        more = ", ..." if len(column.values) > SHOWN_VALUES else ""
        yield f'type = "text" # seen: {shown}{more}{missing}'
        return
    yield f'type = "{column.type}" # seen: {_range(column)}{missing}'
    if column.least is not None and column.least >= 0:
        yield "minimum = 0"


def _rules(draft: Draft, repeated_rows: int) -> Iterator[str]:
    rows = draft.profile.rows
    yield from ("", "[split]", f"holdout_fraction = {HOLDOUT_FRACTION}")
    yield from ("", "[data]", f"minimum_training_rows = {max(1, min(100, rows // 3))}")
    share = repeated_rows / rows
    if share > 0.15:
        yield f"maximum_duplicate_fraction = {min(0.99, round(share + 0.1, 2))} # seen: {share:.0%}"
    yield from ("", "[evaluation]")
    # The split is by hash: a small hold-out may come out smaller than its fraction.
    yield f"minimum_holdout_rows = {max(1, min(1000, int(rows * HOLDOUT_FRACTION * 0.6)))}"
    yield from ("", "[gates]", *_gates(draft), "minimum_improvement = 0.0")


def _gates(draft: Draft) -> Iterator[str]:
    if draft.problem == "regression":
        yield "minimum_r2 = 0.1 # 0 is what the mean reaches: raise it to what your use needs"
        return
    guess = 1 - max(draft.target.values.values()) / draft.target.filled
    yield f"maximum_error = {max(guess, 0.01):.2f} # always saying the most frequent class: lower it to what you need"


def _range(column: ColumnProfile) -> str:
    shown = ".0f" if column.type == "integer" else "g"
    return f"{column.least:{shown}} to {column.largest:{shown}}"


def _text(value: str) -> str:
    """A TOML string. JSON's spelling is TOML's, but for one character."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
