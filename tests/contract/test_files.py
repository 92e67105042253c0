"""The gate at the door: what the first bytes of a file give away."""

import gzip
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.files import HeadProblem, check_head, read_head
from contract.intake import read_line
from contract.lines import BYTE_ORDER_MARK
from tests.contract.examples import CHURN, HEADER, churn_format

ROW = b"42,1.5,plus,Bern,yes\n"


def problems(content: bytes, *, complete: bool = True) -> list[HeadProblem]:
    return check_head(CHURN, content, len(content), complete)


@pytest.mark.parametrize(
    "content",
    [
        HEADER + ROW,
        HEADER + ROW.rstrip(b"\n"),
        BYTE_ORDER_MARK + HEADER + ROW,
        (HEADER + ROW).replace(b"\n", b"\r\n"),
        HEADER + b"\n" + ROW * 3 + b"broken\n",
    ],
    ids=["plain", "no last line feed", "byte order mark", "carriage returns", "a few bad lines"],
)
def test_good_files_are_let_in(content: bytes) -> None:
    assert problems(content) == []


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (gzip.compress(HEADER + ROW, mtime=0), "gzip"),
        (b"PK\x03\x04rest", "zip"),
        (b"PAR1rest", "Parquet"),
        ((HEADER + ROW).decode().encode("utf-16"), "UTF-16"),
        (b"\xfe\xff" + (HEADER + ROW).decode().encode("utf-16-be"), "UTF-16"),
        (b"x" * 100 + b"\n", f"line 1 is not the header: '{'x' * 37}...' (1 cell)"),
        (HEADER + b"\x00\x01\x02", "binary"),
        ((HEADER + ROW).replace(b"\n", b"\r"), "carriage returns only"),
        (HEADER, "no rows"),
        (HEADER + b" \n\n", "no rows"),
        (ROW * 2, "line 1 is not the header: '42,1.5,plus,Bern,yes' (5 cells) instead of age,spent,plan,city,left"),
        ((HEADER + ROW).replace(b",", b";"), "line 1 is not the header: 'age;spent;plan;city;left' (1 cell)"),
        (b"\n" + HEADER + ROW, "line 1 is not the header: '' (1 cell)"),
        (BYTE_ORDER_MARK, "line 1 is not the header"),
        (b"\xe4ge,spent,plan,city,left\n" + ROW, "the header cannot be read: byte 0xe4 at position 1 is not utf-8"),
    ],
)
def test_files_that_are_no_text_or_hold_nothing_are_refused(content: bytes, reason: str) -> None:
    [problem] = problems(content)

    assert reason in problem.reason
    assert problem.column is None


def test_an_endless_first_line_is_refused() -> None:
    [problem] = problems(b"x" * 65536, complete=False)

    assert "longer than 65,536 bytes" in problem.reason


@pytest.mark.parametrize(
    ("header", "named"),
    [
        (b"age,spent,plan,city\n", {"left"}),
        (b"age,spent,plan,city,left,extra\n", {"extra"}),
        (b"age,spent,plan,town,left\n", {"city", "town"}),
        (b"age,age,spent,plan,city,left\n", {"age"}),
        (b"spent,age,plan,city,left\n", {"age"}),
    ],
    ids=["missing", "unknown", "renamed", "twice", "other order"],
)
def test_a_wrong_header_names_the_columns(header: bytes, named: set[str]) -> None:
    assert {problem.column for problem in problems(header + ROW)} == named


def test_a_column_that_changed_its_type_is_named() -> None:
    content = HEADER + ROW + b"young,1.5,plus,Bern,yes\n" * 3

    [problem] = problems(content)

    assert problem.column == "age"
    assert "3 of the first 4 rows" in problem.reason
    assert "'young' is not an integer" in problem.reason


def test_what_is_wrong_with_half_of_the_rows_is_for_the_quarantine_and_beyond_for_the_gate() -> None:
    half = HEADER + ROW * 2 + b"young,1.5,plus,Bern,yes\n" * 2

    assert problems(half) == []
    assert [problem.column for problem in problems(half + b"old,1.5,plus,Bern,yes\n")] == ["age"]


def test_rows_are_judged_with_the_bytes_that_the_job_will_see() -> None:
    [problem] = problems(HEADER + ROW.replace(b"\n", b"\r\r\n"))

    assert (problem.column, "a carriage return at position 21" in problem.reason) == ("left", True)


def test_another_separator_is_noticed() -> None:
    contract = churn_format(header=False)
    content = ROW.replace(b",", b";") * 3

    [problem] = check_head(contract, content, len(content), complete=True)

    assert "1 cells where the contract has 5 columns" in problem.reason


def test_a_file_of_another_encoding_is_refused_by_byte_and_column() -> None:
    content = HEADER + "42,1.5,plus,Zürich,yes\n".encode("latin-1") * 3

    [problem] = problems(content)

    assert problem.column == "city"
    assert "byte 0xfc at position 14 is not utf-8" in problem.reason


def test_a_row_longer_than_the_head_is_not_called_no_row() -> None:
    [problem] = problems(HEADER + b"x" * 100, complete=False)

    assert problem.reason == "the first 125 bytes hold no rows"


HEADS = st.one_of(
    st.binary(max_size=200),
    st.binary(max_size=200).map(HEADER.__add__),
    st.text(alphabet='0123456789.,"?yesno\r\n \ufeff').map(lambda text: HEADER + text.encode()),
    st.lists(st.sampled_from([ROW, HEADER, b"\n", b"42,1.5,gold,Bern,yes\r\n", b"17\xff\n", b'"'])).map(b"".join),
)


@given(HEADS, st.booleans(), st.booleans())
def test_any_bytes_are_judged_and_what_is_let_in_can_be_read(head: bytes, complete: bool, header: bool) -> None:
    contract = churn_format(header=header)

    found = check_head(contract, head, len(head), complete)

    assert all(problem.reason for problem in found)
    if not found:
        lines = head.removesuffix(b"\n").split(b"\n")
        outcomes = [read_line(contract, line, number, "training") for number, line in enumerate(lines, 1)]
        rows = [outcome for outcome in outcomes if outcome.kind not in ("blank", "header")]
        assert (outcomes[0].kind == "header") == header
        assert rows
        if complete:
            columns = Counter(outcome.column for outcome in rows if outcome.kind == "quarantined")
            assert all(2 * count <= len(rows) for count in columns.values())


def test_a_line_that_the_head_cuts_off_is_not_judged() -> None:
    assert problems(HEADER + ROW + b"42,1", complete=False) == []
    assert read_head(b"a\nb\nc", complete=False) == [b"a", b"b"]
    assert read_head(b"a\nb\nc", complete=True) == [b"a", b"b", b"c"]
