"""The contract of one model: what its files look like and what is asked of its data."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, field, fields
from typing import Any, Literal, TypeVar, cast

CONTRACT_VERSION = 1
# A model's name stands in names of AWS; config/settings_rules.py counts out how much room they leave.
MODEL_NAME = r"[a-z][a-z0-9]*(-[a-z0-9]+)*"
MAXIMUM_NAME_LENGTH = 20
# Columns and folders that the platform adds to the clean data.
RESERVED_NAMES = frozenset({"row_id", "source", "split"})
# Line breaks are found as bytes, so only encodings that keep ASCII bytes as they are can be read.
ENCODINGS = ("utf-8", "ascii", "latin-1", "iso-8859-1", "iso-8859-15", "cp1252")

Problem = Literal["binary", "multiclass", "regression"]
ColumnType = Literal["integer", "number", "text"]
Value = int | float | str | None
Part = TypeVar("Part")


class ContractError(ValueError):
    """The contract itself is wrong, not the data."""


@dataclass(frozen=True)
class FileFormat:
    """The way a line of an uploaded file is cut into values."""

    header: bool = True
    separator: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    trim: bool = True
    missing: tuple[str, ...] = ("",)


@dataclass(frozen=True)
class Column:
    """One column of the file and the values it may hold."""

    name: str
    type: ColumnType
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    allowed: tuple[str, ...] | None = None
    replacements: Mapping[str, str] = field(default_factory=lambda: cast(dict[str, str], {}))
    ignored: bool = False


@dataclass(frozen=True)
class Split:
    """The shares of rows that train, choose the candidate and judge it."""

    validation_fraction: float = 0.2
    holdout: Literal["official", "fraction"] = "fraction"
    holdout_fraction: float = 0.2


@dataclass(frozen=True)
class DataLimits:
    """Limits that the data of a run must keep as a whole."""

    window_days: int = 0
    maximum_quarantined_fraction: float = 0.1
    minimum_training_rows: int = 100
    maximum_duplicate_fraction: float = 0.2
    maximum_leaked_fraction: float = 0.05


@dataclass(frozen=True)
class Evaluation:
    """The evaluation of a candidate."""

    slices: tuple[str, ...] = ()
    minimum_holdout_rows: int = 1000


@dataclass(frozen=True)
class Training:
    """The part of the [training] table that the training script may know."""

    seed: int = 42
    hyperparameters: Mapping[str, Any] = field(default_factory=lambda: cast(dict[str, Any], {}))


PARTS: dict[str, type] = {
    "format": FileFormat,
    "split": Split,
    "data": DataLimits,
    "evaluation": Evaluation,
    "training": Training,
}


@dataclass(frozen=True)
class Contract:
    """Everything the data of one model is promised to be."""

    model: str
    problem: Problem
    target: str
    format: FileFormat
    columns: tuple[Column, ...]
    positive: str | None = None
    split: Split = field(default_factory=Split)
    data: DataLimits = field(default_factory=DataLimits)
    evaluation: Evaluation = field(default_factory=Evaluation)
    gates: Mapping[str, float] = field(default_factory=lambda: cast(dict[str, float], {}))
    training: Training = field(default_factory=Training)

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if len({name.lower() for name in names}) != len(names):
            raise ContractError(
                f"{self.model}: two columns have the same name (upper and lower case are not told apart)"
            )
        taken = sorted({name.lower() for name in names} & RESERVED_NAMES)
        if taken:
            raise ContractError(f"{self.model}: the platform needs the column name {taken[0]!r} itself")
        if self.target not in names:
            raise ContractError(f"{self.model}: target {self.target!r} is not among the columns")
        if self.target_column.ignored:
            raise ContractError(f"{self.model}: the target {self.target!r} is ignored")
        if not self.features:
            raise ContractError(f"{self.model}: there is no feature besides the target")
        if self.format.encoding.lower() not in ENCODINGS:
            raise ContractError(f"{self.model}: encoding {self.format.encoding!r}, allowed: {', '.join(ENCODINGS)}")
        if self.problem != "regression" and len(self.classes) < 2:
            raise ContractError(f"{self.model}: the target of a {self.problem} problem needs at least two classes")
        if self.problem == "binary" and (len(self.classes) != 2 or self.positive not in self.classes):
            raise ContractError(f"{self.model}: a binary target has two classes, one of them is 'positive'")

    @property
    def target_column(self) -> Column:
        return self.column(self.target)

    @property
    def features(self) -> tuple[Column, ...]:
        """The columns that a prediction is made from, in file order."""
        return tuple(column for column in self.columns if column.name != self.target and not column.ignored)

    @property
    def classes(self) -> tuple[str, ...]:
        """The values of a classification target, in the contract's order; none for a regression."""
        return () if self.problem == "regression" else (self.target_column.allowed or ())

    @property
    def names(self) -> tuple[str, ...]:
        """All column names in file order: what a header line says."""
        return tuple(column.name for column in self.columns)

    def is_header(self, cells: Sequence[str]) -> bool:
        """Tell whether a line is the header; programs that number rows leave the name of an ignored one empty."""
        return len(cells) == len(self.columns) and all(
            cell == column.name or (not cell and column.ignored)
            for cell, column in zip(cells, self.columns, strict=True)
        )

    def column(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @classmethod
    def from_json(cls, text: str) -> Contract:
        """Read the contract file that the platform ships; what is left out has its default."""
        return cls.from_dict(json.loads(text))

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Contract:
        """The same from the content of the file."""
        raw = dict(content)
        version = raw.pop("contract_version", None)
        if version != CONTRACT_VERSION:
            raise ContractError(f"contract version {version}, this code reads version {CONTRACT_VERSION}")
        raw.pop("classes", None)  # derived from the target column
        for key, part in PARTS.items():
            raw[key] = _build(part, raw.get(key) or {}, key)
        raw["columns"] = tuple(_build(Column, column, "columns") for column in raw.get("columns", []))
        return _build(cls, raw, "contract")

    def to_json(self) -> str:
        """The one canonical spelling: sorted keys, no spaces, nothing that is not set."""
        content = {**asdict(self), "contract_version": CONTRACT_VERSION, "classes": self.classes}
        return json.dumps(_without_none(content), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _build(part: type[Part], raw: Mapping[str, Any], where: str) -> Part:
    known = {item.name: item for item in fields(cast(Any, part))}
    unknown = sorted(set(raw) - set(known))
    if unknown:
        raise ContractError(f"{where}: unknown key {unknown[0]!r}, known: {', '.join(sorted(known))}")
    given = {key: _frozen(value) for key, value in raw.items() if value is not None}
    needed = [name for name, item in known.items() if item.default is MISSING and item.default_factory is MISSING]
    missing = [name for name in needed if name not in given]
    if missing:
        raise ContractError(f"{where}: key {missing[0]!r} is missing")
    return part(**given)


def _frozen(value: Any) -> Any:
    return tuple(cast(list[Any], value)) if isinstance(value, list) else value


def _without_none(value: Any) -> Any:
    if isinstance(value, dict):
        content = cast(dict[str, Any], value)
        return {key: _without_none(item) for key, item in content.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_without_none(item) for item in cast(list[Any], value)]
    return value
