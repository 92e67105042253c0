"""Text from outside that is written into a line of ours stays in that line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.text import one_line, unspeakable


@given(st.text())
def test_no_text_from_outside_begins_a_line_or_hides_in_one(text: str) -> None:
    shown = one_line(text)

    assert len(shown.splitlines()) <= 1
    assert shown.isprintable()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("raw/churn/a b+ä😀.csv", "raw/churn/a b+ä😀.csv"),
        ("x\nWay out: pay", r"x\nWay out: pay"),
        ("\x1b[2J", r"\x1b[2J"),
        ("a\ufffe\u2028b", r"a\ufffe\u2028b"),
        ("gpj\u202etxt", r"gpj\u202etxt"),
        ("\U0001fffe", r"\U0001fffe"),
    ],
)
def test_what_prints_stays_and_what_does_not_is_escaped(text: str, shown: str) -> None:
    assert one_line(text) == shown


@pytest.mark.parametrize(
    "character",
    ["\x00", "\x01", "\x1b", "\n", "\r", "\t", "\x7f", "\x85", "\u2028", "\u2029", "\ufffe", "\ud800"],
)
def test_a_control_or_no_character_at_all_is_found(character: str) -> None:
    assert unspeakable(f"raw/churn/a{character}b.csv") == character


@pytest.mark.parametrize("text", ["raw/churn/a b+ä.csv", "日本語", "e\u0301", "👩\u200d🔬", "\xa0"])
def test_letters_signs_and_joiners_of_any_script_are_text(text: str) -> None:
    assert unspeakable(text) is None
