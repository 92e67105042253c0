"""From what stands in a cell or a request to one value of a column."""

from __future__ import annotations

import math
import re
from decimal import Decimal

from contract.model import Column, FileFormat, Value

LARGEST_INTEGER = 2**63 - 1
# float() would also take "1_000", "nan" and digits of other scripts.
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")


class Rejection(ValueError):
    """A row that the contract does not accept, with the column and the reason."""

    def __init__(self, column: str | None, reason: str) -> None:
        super().__init__(reason if column is None else f"{column}: {reason}")
        self.column = column
        self.reason = reason


def read_value(column: Column, given: object, file_format: FileFormat, *, required: bool) -> Value:
    """The value of a column from a cell of a file or from a JSON value; None where it is missing."""
    if isinstance(given, str):
        text = given.strip() if file_format.trim else given
        text = column.replacements.get(text, text)
        value = None if text in file_format.missing else _from_text(column, text)
    else:
        value = _from_json(column, given)
    if value is None:
        if required:
            raise Rejection(column.name, "the value is missing")
        return None
    _check_limits(column, value)
    return value


def _from_text(column: Column, text: str) -> Value:
    if column.type == "text":
        return text
    if column.type == "integer":
        return _integer_from_text(column, text)
    if not _NUMBER.fullmatch(text):
        raise Rejection(column.name, f"{_shown(text)} is not a number")
    return _finite(column, float(text), text)


def _integer_from_text(column: Column, text: str) -> int:
    if _INTEGER.fullmatch(text):
        return int(text)
    if not _NUMBER.fullmatch(text):
        raise Rejection(column.name, f"{_shown(text)} is not an integer")
    number = Decimal(text)
    # Looked at before int(), which would write out all the zeros of 1e9999.
    if number and number.adjusted() > 18:
        raise Rejection(column.name, f"{_shown(text)} does not fit into 64 bits")
    if number.adjusted() < -18 or number != number.to_integral_value():
        if number:
            raise Rejection(column.name, f"{_shown(text)} is not an integer")
        return 0
    return _fitting(column, int(number))


def _from_json(column: Column, given: object) -> Value:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise Rejection(column.name, f"a JSON {_json_type(given)} where {column.type} is expected")
    if column.type == "text":
        if isinstance(given, float):
            raise Rejection(column.name, "a JSON number with a fraction where text is expected")
        return column.replacements.get(str(given), str(given))
    if column.type == "integer":
        if isinstance(given, float):
            if not (math.isfinite(given) and given.is_integer()):
                raise Rejection(column.name, f"{given} is not an integer")
            return _fitting(column, int(given))
        return _fitting(column, given)
    try:
        return _finite(column, float(given), str(given))
    except OverflowError:
        raise Rejection(column.name, "the number is too large") from None


def _json_type(given: object) -> str:
    names: dict[type, str] = {bool: "boolean", dict: "object", list: "array"}
    return names.get(type(given), type(given).__name__)


def _fitting(column: Column, value: int) -> int:
    if abs(value) > LARGEST_INTEGER:
        raise Rejection(column.name, "the integer does not fit into 64 bits")
    return value


def _finite(column: Column, value: float, shown: str) -> float:
    if not math.isfinite(value):
        raise Rejection(column.name, f"{_shown(shown)} is not a finite number")
    return value + 0.0  # one zero: -0.0 would hash and print differently


def _check_limits(column: Column, value: int | float | str) -> None:
    if isinstance(value, str):
        if column.allowed is not None and value not in column.allowed:
            raise Rejection(column.name, f"{_shown(value)} is not among the allowed values")
        return
    if column.minimum is not None and value < column.minimum:
        raise Rejection(column.name, f"{value} is below the minimum {column.minimum}")
    if column.maximum is not None and value > column.maximum:
        raise Rejection(column.name, f"{value} is above the maximum {column.maximum}")


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else text[:37] + "...")
