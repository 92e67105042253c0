"""From columns to the matrices that the candidates learn from. What was learned is plain JSON, never a pickle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contract.model import Column, Contract
from training.arrays import Table, Values

# A text without allowed values keeps its frequent ones; what is rarer, or new at serving, is "other".
MOST_CATEGORIES = 200
FEWEST_ROWS_PER_CATEGORY = 5

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class NumberFeature:
    """A number, with what the linear candidate needs to fill and scale it."""

    name: str
    fill: float
    mean: float
    scale: float
    kind: str = "number"


@dataclass(frozen=True)
class CategoryFeature:
    """A text, with its categories; `other` says whether anything else is a category of its own."""

    name: str
    categories: tuple[str, ...]
    other: bool
    kind: str = "category"

    @property
    def width(self) -> int:
        return len(self.categories) + self.other


Feature = NumberFeature | CategoryFeature


@dataclass(frozen=True)
class Preprocessing:
    """The features of a model, in contract order."""

    features: tuple[Feature, ...]

    @classmethod
    def fit(cls, contract: Contract, table: Table) -> Preprocessing:
        """Learn from the training rows."""
        return cls(tuple(_fit(column, table.columns[column.name]) for column in contract.features))

    @property
    def feature_types(self) -> list[str]:
        """As XGBoost names them: q for a quantity, c for a category."""
        return ["c" if isinstance(feature, CategoryFeature) else "q" for feature in self.features]

    def codes(self, table: Table) -> Matrix:
        """One column per feature: numbers as they are, categories as codes, NaN where missing."""
        columns = [
            _category_codes(feature, table.columns[feature.name])
            if isinstance(feature, CategoryFeature)
            else table.columns[feature.name]
            for feature in self.features
        ]
        return np.column_stack(columns).astype(np.float64)

    def indicators(self, table: Table) -> Matrix:
        """Scaled numbers and one column per category, with a column that tells where a number was missing."""
        blocks = [
            _category_block(feature, table.columns[feature.name])
            if isinstance(feature, CategoryFeature)
            else _number_block(feature, table.columns[feature.name])
            for feature in self.features
        ]
        return np.hstack(blocks)

    def to_json(self) -> dict[str, Any]:
        return {"features": [asdict(feature) for feature in self.features]}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Preprocessing:
        return cls(tuple(_feature(entry) for entry in content["features"]))


def _fit(column: Column, values: Values) -> Feature:
    if column.type != "text":
        return _fit_number(column.name, values)
    if column.allowed is not None:
        return CategoryFeature(column.name, column.allowed, other=False)
    counts = Counter(value for value in values if value is not None)
    by_frequency = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    frequent = [name for name, count in by_frequency if count >= FEWEST_ROWS_PER_CATEGORY]
    return CategoryFeature(column.name, tuple(frequent[:MOST_CATEGORIES]), other=True)


def _fit_number(name: str, values: Values) -> NumberFeature:
    present = values[~np.isnan(values)]
    if not len(present):
        return NumberFeature(name, fill=0.0, mean=0.0, scale=1.0)
    fill = float(np.median(present))
    filled = np.where(np.isnan(values), fill, values)
    mean = float(np.mean(filled))
    deviation = float(np.std(filled))
    usable = np.isfinite(deviation) and deviation > 1e-12 * max(1.0, abs(mean))
    return NumberFeature(name, fill=fill, mean=mean, scale=deviation if usable else 1.0)


def _category_codes(feature: CategoryFeature, values: Values) -> Matrix:
    places = {name: float(place) for place, name in enumerate(feature.categories)}
    unknown = float(len(feature.categories)) if feature.other else np.nan
    return np.array([np.nan if value is None else places.get(value, unknown) for value in values], dtype=np.float64)


def _category_block(feature: CategoryFeature, values: Values) -> Matrix:
    codes = _category_codes(feature, values)
    return (codes[:, None] == np.arange(feature.width)[None, :]).astype(np.float64)


def _number_block(feature: NumberFeature, values: Values) -> Matrix:
    missing = np.isnan(values)
    scaled = (np.where(missing, feature.fill, values) - feature.mean) / feature.scale
    return np.column_stack([scaled, missing.astype(np.float64)])


def _feature(entry: Mapping[str, Any]) -> Feature:
    if entry["kind"] == "number":
        return NumberFeature(entry["name"], entry["fill"], entry["mean"], entry["scale"])
    categories: Sequence[str] = entry["categories"]
    return CategoryFeature(entry["name"], tuple(categories), entry["other"])
