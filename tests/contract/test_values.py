"""From a cell or a JSON value to a value of the column."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.model import Column, FileFormat, Value
from contract.values import LARGEST_INTEGER, Rejection, read_value

FORMAT = FileFormat(missing=("", "?"))
INTEGER, NUMBER, TEXT = (Column("it", kind) for kind in ("integer", "number", "text"))


def read(column: Column, given_value: object) -> Value:
    return read_value(column, given_value, FORMAT, required=False)


@pytest.mark.parametrize(
    ("given_value", "value"),
    [
        ("7", 7),
        (" 7 ", 7),
        ("-7", -7),
        ("+7", 7),
        ("007", 7),
        ("1.0", 1),
        ("1e3", 1000),
        ("120e-1", 12),
        ("0e99", 0),
        (7, 7),
        (7.0, 7),
    ],
)
def test_integers_are_read_in_every_usual_spelling(given_value: object, value: int) -> None:
    read_integer = read(INTEGER, given_value)

    assert read_integer == value
    assert type(read_integer) is int


@pytest.mark.parametrize(
    ("given_value", "value"),
    [("1", 1.0), ("1.5", 1.5), (".5", 0.5), ("5.", 5.0), ("-1e-3", -0.001), (1, 1.0), (1.5, 1.5), ("1e-999", 0.0)],
)
def test_numbers_are_read_in_every_usual_spelling(given_value: object, value: float) -> None:
    read_number = read(NUMBER, given_value)

    assert read_number == value
    assert type(read_number) is float


@pytest.mark.parametrize(
    "text",
    ["nan", "NaN", "inf", "-inf", "Infinity", "1_000", "1,5", "0x10", "1e", "e5", ".", "+", "١", "12a", "1 2", "--1"],
)
def test_what_is_no_number_is_refused(text: str) -> None:
    for column in (INTEGER, NUMBER):
        with pytest.raises(Rejection, match="it: "):
            read(column, text)


@pytest.mark.parametrize("text", ["1.5", "1e-1", "9223372036854775808", "1e9999", "-1e40", "1e99999"])
def test_what_is_no_64_bit_integer_is_refused(text: str) -> None:
    with pytest.raises(Rejection):
        read(INTEGER, text)


@pytest.mark.parametrize("given_value", [math.nan, math.inf, 1e300, True, [], {}, 10**400])
def test_json_values_that_are_no_integer_are_refused(given_value: object) -> None:
    with pytest.raises(Rejection):
        read(INTEGER, given_value)


@pytest.mark.parametrize("given_value", [math.nan, -math.inf, False, [1], {"a": 1}, 10**400, "1e400"])
def test_values_that_are_no_finite_number_are_refused(given_value: object) -> None:
    with pytest.raises(Rejection):
        read(NUMBER, given_value)


def test_zero_has_no_sign() -> None:
    assert str(read(NUMBER, "-0.0")) == "0.0"


def test_a_code_may_come_as_a_json_integer_where_text_is_expected() -> None:
    assert read(Column("it", "text", allowed=("1", "2")), 2) == "2"


@pytest.mark.parametrize("given_value", [1.5, True, ["a"]])
def test_other_json_values_are_no_text(given_value: object) -> None:
    with pytest.raises(Rejection):
        read(TEXT, given_value)


def test_limits_and_allowed_values_are_kept() -> None:
    limited = Column("it", "integer", minimum=1, maximum=3)
    listed = Column("it", "text", allowed=("a",))

    assert [read(limited, text) for text in ("1", "3")] == [1, 3]
    assert read(listed, "a") == "a"
    for column, given_value, reason in ((limited, "0", "below"), (limited, 4, "above"), (listed, "b", "not among")):
        with pytest.raises(Rejection, match=reason):
            read(column, given_value)


def test_replacements_come_first_and_may_make_a_value_missing() -> None:
    column = Column("it", "text", allowed=("yes",), replacements={"yes.": "yes", "n/a": "?"})

    assert read(column, " yes. ") == "yes"
    assert read(column, "n/a") is None


def test_missing_values_are_none_or_refused() -> None:
    assert [read(NUMBER, given_value) for given_value in ("", "?", " ? ", None)] == [None] * 4
    for given_value in ("?", None):
        with pytest.raises(Rejection, match="missing"):
            read_value(NUMBER, given_value, FORMAT, required=True)


@given(st.integers(-LARGEST_INTEGER, LARGEST_INTEGER))
def test_every_64_bit_integer_reads_the_same_from_text_and_from_json(value: int) -> None:
    assert read(INTEGER, str(value)) == read(INTEGER, json.loads(str(value))) == value


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_number_reads_the_same_from_text_and_from_json(value: float) -> None:
    assert read(NUMBER, repr(value)) == read(NUMBER, json.loads(repr(value))) == value


@given(st.text() | st.floats() | st.integers() | st.none() | st.booleans(), st.sampled_from([INTEGER, NUMBER, TEXT]))
def test_whatever_comes_is_read_or_refused(given_value: object, column: Column) -> None:
    try:
        value = read(column, given_value)
    except Rejection as error:
        assert error.column == "it"
        assert error.reason
    else:
        assert not isinstance(value, float) or math.isfinite(value)
