"""Cron expressions as EventBridge reads them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.schedules import cron_problem


@pytest.mark.parametrize(
    "good",
    [
        "0 3 * * ? *",
        "*/15 8-18 ? * MON-FRI *",
        "0 0 1,15 JAN-JUN ? 2027-2030",
        "0 12 ? * 6L *",
        "5 4 L * ? *",
        "0 0 ? * 2#1 *",
    ],
)
def test_a_schedule_that_event_bridge_takes_is_taken(good: str) -> None:
    assert cron_problem(good) is None


@pytest.mark.parametrize(
    ("bad", "problem"),
    [
        ("60 3 * * ? *", "minutes is '60'"),
        ("0 3 0 * ? *", "day-of-month is '0'"),
        ("0 3 * 13 ? *", "month is '13'"),
        ("0 3 ? * FUN *", "day-of-week is 'FUN'"),
        ("0 3 * * ? 1969", "year is '1969'"),
        ("5-1 3 * * ? *", "minutes is '5-1'"),
        ("*/0 3 * * ? *", "minutes is '*/0'"),
        ("0 3 ? * ? *", "exactly one of"),
        ("0 3 * * 2 *", "exactly one of"),
        ("0 ? * * ? *", "hours is '?'"),
        ("", "it has 0 fields"),
    ],
)
def test_one_that_it_refuses_is_refused(bad: str, problem: str) -> None:
    assert problem in (cron_problem(bad) or "")


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    found = cron_problem(text)

    assert found is None or found
