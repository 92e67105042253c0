"""Retry and Catch know the errors that they know on AWS, and waits keep their limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.emulator.stepfunctions.retries import Retries, catcher_for, delay_seconds, knows


@pytest.mark.parametrize(
    ("names", "error", "known"),
    [
        (["States.ALL"], "Glue.EntityNotFoundException", True),
        (["States.ALL"], "States.Timeout", True),
        (["States.ALL"], "States.QueryEvaluationError", True),
        (["States.ALL"], "States.Runtime", False),
        (["States.ALL"], "States.DataLimitExceeded", True),
        (["States.Runtime"], "States.Runtime", False),
        (["States.TaskFailed"], "DataRefused", True),
        (["States.TaskFailed"], "States.Timeout", False),
        (["States.Timeout"], "States.Timeout", True),
        (["Lambda.ServiceException"], "Lambda.TooManyRequestsException", False),
    ],
)
def test_an_error_list_knows_what_it_knows_on_aws(names: list[str], error: str, known: bool) -> None:
    assert knows(names, error) is known


def test_the_first_retrier_that_knows_an_error_decides_and_counts_for_itself() -> None:
    retries = Retries(
        [
            {"ErrorEquals": ["A"], "MaxAttempts": 1, "IntervalSeconds": 2},
            {"ErrorEquals": ["States.ALL"], "MaxAttempts": 1, "IntervalSeconds": 7},
        ]
    )
    assert [retries.delay("A"), retries.delay("A"), retries.delay("B"), retries.delay("B")] == [2, None, 7, None]
    assert retries.count == 2


def test_the_first_catcher_that_knows_an_error_is_taken() -> None:
    catchers = [{"ErrorEquals": ["A"], "Next": "One"}, {"ErrorEquals": ["States.ALL"], "Next": "Two"}]
    found = [catcher_for(catchers, error) for error in ("A", "B", "States.Runtime")]
    assert [catcher and catcher["Next"] for catcher in found] == ["One", "Two", None]


@given(
    interval=st.integers(1, 300),
    rate=st.floats(1, 5),
    attempt=st.integers(1, 8),
    longest=st.integers(1, 600),
    jitter=st.sampled_from(["FULL", "NONE"]),
)
def test_a_delay_grows_by_its_rate_within_its_limit(
    interval: int, rate: float, attempt: int, longest: int, jitter: str
) -> None:
    retrier = {"IntervalSeconds": interval, "BackoffRate": rate, "MaxDelaySeconds": longest, "JitterStrategy": jitter}
    full = min(interval * rate ** (attempt - 1), longest)
    delay = delay_seconds(retrier, attempt)
    assert 0 <= delay <= full
    assert jitter == "FULL" or delay == full
