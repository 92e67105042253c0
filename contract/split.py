"""The split into rows that train, choose and judge: a property of the row's values alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Literal

from contract.model import Contract, Value

Role = Literal["training", "holdout"]
SplitName = Literal["train", "validation", "holdout"]


def split_of(contract: Contract, row: Mapping[str, Value], role: str) -> SplitName:
    """The split of a row; rows with the same features always share one, so none leaks into the hold-out."""
    if role == "holdout":
        return "holdout"
    values = [row[column.name] for column in contract.features]
    digest = hashlib.sha256(json.dumps(values, separators=(",", ":")).encode()).digest()
    if contract.split.holdout == "fraction" and _share(digest[:8]) < contract.split.holdout_fraction:
        return "holdout"
    return "validation" if _share(digest[8:16]) < contract.split.validation_fraction else "train"


def splits_of(contract: Contract, role: str) -> tuple[SplitName, ...]:
    """The splits that rows of an object with this role can end in."""
    if role == "holdout":
        return ("holdout",)
    if contract.split.holdout == "fraction":
        return ("train", "validation", "holdout")
    return ("train", "validation")


def _share(part: bytes) -> float:
    return int.from_bytes(part, "big") / 2.0 ** (8 * len(part))
