"""Cutting a line into cells."""

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.lines import MAXIMUM_LINE_BYTES, LineError, is_blank, split_line, without_terminator
from contract.model import FileFormat

PLAIN = FileFormat()
AS_IT_IS = FileFormat(trim=False)
CELLS = st.lists(
    st.text(st.characters(exclude_characters="\r\n\x00", exclude_categories=["Cs"])), min_size=1, max_size=6
)


@given(CELLS, st.sampled_from(",;\t|"))
def test_what_a_csv_writer_wrote_comes_back(cells: list[str], separator: str) -> None:
    written = io.StringIO()
    csv.writer(written, delimiter=separator, lineterminator="", quoting=csv.QUOTE_MINIMAL).writerow(cells)

    assert split_line(written.getvalue().encode(), replace(AS_IT_IS, separator=separator)) == cells


@given(st.binary(max_size=200))
def test_any_bytes_are_cut_or_refused_with_a_reason(line: bytes) -> None:
    try:
        assert split_line(line, PLAIN)
    except LineError as error:
        assert error.reason


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        (b"a,b", ["a", "b"]),
        (b" a , b ", ["a", "b"]),
        (b"a,,", ["a", "", ""]),
        (b'"a,b",c', ["a,b", "c"]),
        (b' "a" , "b" ', ["a", "b"]),
        (b'"say ""yes""",', ['say "yes"', ""]),
        (b'"",x', ["", "x"]),
        ("Zürich,東京".encode(), ["Zürich", "東京"]),
    ],
)
def test_cells_are_unquoted_and_trimmed(line: bytes, cells: list[str]) -> None:
    assert split_line(line, PLAIN) == cells


def test_spaces_stay_where_the_contract_keeps_them() -> None:
    assert split_line(b" a ,b", AS_IT_IS) == [" a ", "b"]


def test_without_a_quote_character_quotes_are_text() -> None:
    assert split_line(b'"a,b"', FileFormat(quote="")) == ['"a', 'b"']


def test_other_encodings_are_read() -> None:
    assert split_line("Zürich,x".encode("latin-1"), FileFormat(encoding="latin-1")) == ["Zürich", "x"]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'"a,b', "never closed"),
        (b'a"b,c', "inside a value that is not quoted"),
        (b'"a"b,c', "after its closing quote"),
        (b"a\xff,b", "byte 0xff at position 2"),
        (b"a\x00b", "NUL"),
        (b"a\rb", "carriage return"),
        (b"x" * (MAXIMUM_LINE_BYTES + 1), "at most"),
    ],
)
def test_a_line_that_cannot_be_cut_says_why(line: bytes, reason: str) -> None:
    with pytest.raises(LineError, match=reason):
        split_line(line, PLAIN)


@pytest.mark.parametrize(
    ("line", "column"),
    [
        (b"1,2\xff,3", "second"),
        (b'"1,0",\xff2,3', "second"),
        (b"\xff,2,\xff", "first"),
        (b"1,2,3\x00", "third"),
        (b"1,\r,3", "second"),
        (b'1,"2,3', "second"),
        (b'1,2"3,4', "second"),
        (b'1,"2"3,4', "second"),
        (b"1,2,3,\xff", None),
        (b'1,\xff,"3', None),
        (b"x" * (MAXIMUM_LINE_BYTES + 1), None),
    ],
)
def test_the_column_of_the_cell_in_the_way_is_named_where_there_is_one(line: bytes, column: str | None) -> None:
    with pytest.raises(LineError) as error:
        split_line(line, PLAIN, ("first", "second", "third"))

    assert error.value.column == column


def test_both_kinds_of_line_ends_are_no_content() -> None:
    assert [without_terminator(line) for line in (b"a\n", b"a\r\n", b"a", b"a\r")] == [b"a"] * 4


def test_a_line_of_separators_is_not_blank() -> None:
    assert [is_blank(line) for line in (b"", b" \t\r\n", b"\xef\xbb\xbf", b",,", b"0")] == [
        True,
        True,
        True,
        False,
        False,
    ]


def test_a_line_has_at_most_a_mebibyte() -> None:
    longest = b"x" * 1_048_576
    assert split_line(longest, PLAIN) == [longest.decode()]
    with pytest.raises(LineError, match="the line has 1,048,577 bytes, at most 1,048,576 are read"):
        split_line(longest + b"x", PLAIN)
