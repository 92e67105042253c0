"""From a file's profile to the decisions of a draft: problem, types, what is left out, gates. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, cast

from commands.drafting.dialect import DraftError
from commands.drafting.profile import ColumnProfile, FileProfile
from contract.model import RESERVED_NAMES, FileFormat

Problem = Literal["binary", "multiclass", "regression"]
PROBLEMS = ("binary", "multiclass", "regression")
MAXIMUM_CLASSES = 50
IDENTIFIER_SHARE = 0.9
IDENTIFIER_NAME = re.compile(r"(^|[^a-z])id$", re.IGNORECASE)
SMALLEST_FILE_ROWS = 50
HOLDOUT_FRACTION = 0.2


@dataclass(frozen=True)
class Draft:
    """The content of the TOML file to be."""

    name: str
    problem: Problem
    target: ColumnProfile
    positive: str | None
    format: FileFormat
    profile: FileProfile
    ignored: dict[str, str]

    @property
    def classes(self) -> list[str]:
        return [] if self.problem == "regression" else sorted(self.target.values)

    @property
    def missing(self) -> list[str]:
        """The marks that occur, and the empty cell."""
        return sorted({"", *(mark for column in self.profile.columns for mark in column.missing)})


def decide(
    found: FileProfile, file_format: FileFormat, *, name: str, target: str, problem: str | None, positive: str | None
) -> Draft:
    """Choose what the data suggests, or what the caller says.

    Raises:
        DraftError: in one line, with what is allowed.
    """
    _require_usable(found)
    column = found.column(target)
    if column is None:
        known = ", ".join(each.name for each in found.columns)
        raise DraftError(f"--target is {target!r}; allowed: one of the columns {known}")
    chosen = _problem(column, problem)
    ignored = {
        each.name: reason for each in found.columns if each is not column and (reason := _useless(each, found.rows))
    }
    if len(ignored) == len(found.columns) - 1:
        why = "; ".join(f"{name!r}: {reason}" for name, reason in ignored.items()) or "it is the only column"
        raise DraftError(f"nothing to predict {target!r} from ({why}); allowed: at least one column besides the target")
    return Draft(
        name=name,
        problem=chosen,
        target=column,
        positive=_positive(column, positive) if chosen == "binary" else None,
        format=file_format,
        profile=found,
        ignored=ignored,
    )


def _require_usable(found: FileProfile) -> None:
    names = [column.name for column in found.columns]
    lowered = [name.lower() for name in names]
    if found.rows < SMALLEST_FILE_ROWS:
        raise DraftError(f"the file has {found.rows} rows; allowed: {SMALLEST_FILE_ROWS} or more")
    for name in names:
        if not name or len(name) > 128:
            raise DraftError(f"a column is named {name!r}; allowed: 1 to 128 characters (change the header)")
        if lowered.count(name.lower()) > 1:
            raise DraftError(f"two columns are named {name!r}; allowed: different names, upper and lower case alike")
        if name.lower() in RESERVED_NAMES:
            raise DraftError(f"a column is named {name!r}; allowed: any but {', '.join(sorted(RESERVED_NAMES))}")


def _problem(target: ColumnProfile, wanted: str | None) -> Problem:
    count = len(target.values)
    if wanted is None:
        by_type = "multiclass" if target.type == "text" else "regression"
        wanted = "binary" if count == 2 else by_type
    if wanted not in PROBLEMS:
        raise DraftError(f"--problem is {wanted!r}; allowed: {', '.join(PROBLEMS)}")
    if wanted == "binary" and count != 2:
        raise DraftError(f"the target {target.name!r} has {count} values; allowed: 2 for a binary problem")
    if wanted == "multiclass" and not 2 <= count <= MAXIMUM_CLASSES:
        raise DraftError(
            f"the target {target.name!r} has {count} values; allowed: 2 to {MAXIMUM_CLASSES} classes, or numbers"
        )
    if wanted == "regression" and target.type == "text":
        raise DraftError(f"the target {target.name!r} holds text; allowed: numbers for a regression")
    return cast(Problem, wanted)


def _positive(target: ColumnProfile, wanted: str | None) -> str:
    """The rarer class is usually the one that is looked for."""
    if wanted is None:
        return min(sorted(target.values, reverse=True), key=lambda value: target.values[value])
    if wanted not in target.values:
        raise DraftError(f"--positive is {wanted!r}; allowed: {', '.join(sorted(target.values))}")
    return wanted


def _useless(column: ColumnProfile, rows: int) -> str | None:
    """The reason why a model can learn nothing from a column, if there is one."""
    if column.unnamed:
        return "the header gives it no name"
    if not column.filled:
        return "it is always empty"
    if len(column.values) == 1:
        return "it has one value only"
    different = len(column.values) if column.few_values else rows
    if different > IDENTIFIER_SHARE * column.filled:
        if column.type == "text":
            return "nearly every row has a value of its own"
        if IDENTIFIER_NAME.search(column.name):
            return "its name and its values are those of an identifier"
    counted = column.least is not None and column.largest is not None and column.largest - column.least == rows - 1
    if column.type == "integer" and counted and not column.repeats:
        return "it numbers the rows"
    return None
