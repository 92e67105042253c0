"""The committed price table."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).with_name("prices.toml")


@dataclass(frozen=True)
class Price:
    """A list price, where it was read and when."""

    item: str
    usd: float
    unit: str
    source: str
    known: str


@dataclass(frozen=True)
class Prices:
    """All of them, and what is known to be free or to depend on use."""

    region: str
    hours_per_month: int
    minutes: Mapping[str, float]
    by_item: Mapping[str, Price]
    by_use: Mapping[str, str]
    free: frozenset[str]


def load_prices(path: Path = TABLE) -> Prices:
    """Read the table."""
    raw = tomllib.loads(path.read_text())
    prices = [Price(**entry) for entry in raw["price"]]
    return Prices(
        region=raw["region"],
        hours_per_month=raw["hours_per_month"],
        minutes=raw["minutes"],
        by_item={price.item: price for price in prices},
        by_use=raw["by_use"],
        free=frozenset(raw["free"]["types"]),
    )
