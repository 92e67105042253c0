"""Every line has exactly one outcome."""

from hypothesis import given
from hypothesis import strategies as st

from contract.intake import KINDS, original, read_line
from contract.lines import BYTE_ORDER_MARK
from tests.contract.examples import CHURN, HEADER, churn_format

GOOD = b"42,1.5,plus,Bern,yes"


def kind(line: bytes, number: int = 2) -> str:
    return read_line(CHURN, line, number, "training").kind


def test_the_header_is_expected_in_the_first_line_only() -> None:
    assert kind(HEADER, 1) == "header"
    assert kind(BYTE_ORDER_MARK + HEADER.replace(b"\n", b"\r\n"), 1) == "header"
    assert kind(HEADER, 7) == "quarantined"
    assert read_line(churn_format(header=False), HEADER, 1, "training").kind == "quarantined"


def test_blank_lines_are_an_outcome_of_their_own() -> None:
    assert [kind(line) for line in (b"", b"  \t", b"\r")] == ["blank"] * 3


def test_a_good_row_ends_in_a_split() -> None:
    outcome = read_line(CHURN, GOOD, 2, "holdout")

    assert outcome.kind == "holdout"
    assert outcome.row is not None and outcome.row["city"] == "Bern"


def test_a_bad_row_says_column_and_reason() -> None:
    outcome = read_line(CHURN, b"12,1.5,plus,Bern,yes", 2, "training")

    assert (outcome.kind, outcome.column, outcome.row) == ("quarantined", "age", None)
    assert outcome.reason == "12 is below the minimum 17"


def test_a_line_break_inside_quotes_is_quarantined_on_both_sides() -> None:
    assert [kind(line) for line in (b'42,1.5,plus,"New', b'York",yes')] == ["quarantined"] * 2


def test_the_original_bytes_are_kept_without_their_line_end() -> None:
    assert original(b"a\xff \r\n", 2) == b"a\xff "
    assert original(BYTE_ORDER_MARK + b"a", 1) == b"a"
    assert original(BYTE_ORDER_MARK + b"a", 2) == BYTE_ORDER_MARK + b"a"


@given(st.binary(max_size=80) | st.text(alphabet='0123456789.,"?yesno\r ').map(str.encode), st.integers(1, 3))
def test_whatever_a_line_holds_it_has_one_outcome(line: bytes, number: int) -> None:
    outcome = read_line(CHURN, line, number, "training")

    assert outcome.kind in KINDS
    assert (outcome.reason is not None) == (outcome.kind == "quarantined")
    assert (outcome.row is not None) == (outcome.kind in ("train", "validation", "holdout"))
