"""Times of events: each starts one run, or it is reported. None starts runs without end."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lambda_src.common.runs import note_time
from lambda_src.starter.items import StarterItems
from lambda_src.starter.messages import Approved, MalformedMessage, read_message
from lambda_src.starter.times import AHEAD, OLDEST
from tests.lambda_src.examples import TABLE
from tests.lambda_src.starter.test_starting import DEPLOYMENT, PACKAGE
from tests.lambda_src.starter.world import MORNING, TRAINING, World

ZONES = st.timezones() | st.sampled_from([timezone(timedelta(hours=hours)) for hours in (-23, 0, 23)])
DATES = st.datetimes(timezones=ZONES).map(datetime.isoformat)
ODD = st.one_of(
    DATES, st.text(), st.integers(), st.floats(), st.none(), st.booleans(), st.lists(st.integers(), max_size=2)
)


def send(time: Any, whole_event: bool, **more: Any) -> World:
    """A world with one good upload and one message of this time in the same batch."""
    world = World()
    world.upload()
    value = {"event": {"time": time, **more}, "time": ...} if whole_event else {"time": time, **more}
    world.send(kind="upload", key="raw/churn/odd.csv", **{name: each for name, each in value.items() if each != ...})
    if whole_event:
        body = json.loads(world.queue[1]["body"])
        body["event"].setdefault("detail", {"object": {"key": "raw/churn/odd.csv"}})
        del body["time"], body["key"]
        world.queue[1]["body"] = json.dumps(body)
    return world


@given(ODD, st.booleans())
@example("9999-12-31T23:59:59Z", False)
@example("9999-12-31T23:59:58.5Z", True)
@example("2027-03-01T10:00:00Z", True)
@example("1970-01-01T00:00:00Z", False)
@example("0001-01-01T00:00:00Z", True)
def test_an_upload_of_whatever_time_starts_one_run_or_is_reported(time: Any, whole_event: bool) -> None:
    world = send(time, whole_event)
    good, odd = world.queue
    failed = world.deliver([good, odd])
    world.queue.clear()  # what failed comes again four times, to the same end, and is a dead letter then
    for _ in range(3):
        world.let_everything_end()

    assert good["messageId"] not in failed
    assert 1 <= len(world.starts) <= 2
    if odd["messageId"] not in failed:
        sent = datetime.fromisoformat(time)
        assert MORNING - OLDEST <= sent <= MORNING + AHEAD


@pytest.mark.parametrize(
    ("time", "taken"),
    [
        (MORNING + AHEAD, True),
        (MORNING + AHEAD + timedelta(milliseconds=1), False),
        (MORNING - OLDEST, True),
        (MORNING - OLDEST - timedelta(milliseconds=1), False),
        # A dead letter of a rule, sent in again on its last day, which became one of the queue.
        (MORNING - timedelta(days=1 + 14 + 4 + 14), True),
    ],
)
def test_a_time_is_judged_by_when_the_queue_took_the_message(time: datetime, taken: bool) -> None:
    world = send(time.isoformat(), False)
    assert (world.deliver(world.queue) == []) is taken


def test_an_upload_dated_ahead_of_the_queue_is_as_late_as_its_message() -> None:
    """However quickly the runs end, there is no second one for the same file."""
    world = send((MORNING + AHEAD).isoformat(), False)
    for _ in range(3):
        world.let_everything_end()
    assert len(world.starts) <= 2


@pytest.mark.parametrize("poison", [datetime.max.replace(tzinfo=UTC), MORNING + timedelta(days=1)])
def test_an_item_dated_in_the_future_starts_one_run_and_takes_later_uploads(poison: datetime) -> None:
    world = World()
    note_time(world.dynamodb, TABLE, "churn", "last_upload", poison)
    world.upload()
    for _ in range(3):
        world.let_everything_end()
    assert len(world.starts) == 1
    world.upload()
    for _ in range(3):
        world.let_everything_end()
    assert len(world.starts) == 2
    last = StarterItems(world.dynamodb, TABLE).read("churn").last_upload
    assert last is not None
    assert last <= world.now + AHEAD


def test_a_message_that_cannot_even_be_dated_takes_no_other_with_it() -> None:
    world = World()
    world.upload()
    world.send(kind="manual")
    world.queue[1]["attributes"]["SentTimestamp"] = "9" * 20
    assert world.deliver(list(world.queue)) == [world.queue[1]["messageId"]]
    assert len(world.starts) == 1


def approved(**more: Any) -> Approved:
    body = {"kind": "approved", "model": "churn", "state_machine_arn": DEPLOYMENT, "package_arn": PACKAGE, **more}
    event = read_message(json.dumps(body), MORNING).event
    assert isinstance(event, Approved)
    return event


@given(ODD, ODD)
@example("1", None)
@example("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z")
@example("٢٠٢٦-٠٣-٠١", None)
@example(1772359200000, None)
@example(10**30, None)
def test_an_approval_is_dated_by_a_time_that_it_can_have(changed: Any, time: Any) -> None:
    """Two approvals of one name would be one deployment, and a name of another alphabet none."""
    digits = approved(changed=changed, time=time).approved_at
    assert digits.isascii()
    assert digits.isdigit()
    assert len(digits) <= 17
    moment = datetime.strptime(digits[:14], "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    assert MORNING - OLDEST - timedelta(days=1) <= moment <= MORNING + AHEAD + timedelta(days=1)


@pytest.mark.parametrize(
    ("changed", "time", "digits"),
    [
        ("2026-03-01T09:59:58.123Z", "2026-03-01T10:00:00Z", "20260301095958123"),
        ("9999-03-01T09:59:58.123Z", "2026-03-01T09:00:00Z", "20260301090000"),
        ("9999-03-01T09:59:58.123Z", "yesterday", "20260301100000"),
        (None, None, "20260301100000"),
    ],
)
def test_an_implausible_time_of_an_approval_gives_way_to_the_next(
    changed: str | None, time: str | None, digits: str
) -> None:
    assert approved(changed=changed, time=time).approved_at[: len(digits)] == digits


def test_what_is_wrong_with_a_time_is_said_in_one_short_line() -> None:
    for time in ("9999-12-31T23:59:59Z", "x" * 100_000, "a\nb"):
        body = {"kind": "upload", "model": "churn", "state_machine_arn": TRAINING, "key": "raw/churn/a", "time": time}
        with pytest.raises(MalformedMessage) as refused:
            read_message(json.dumps(body), MORNING)
        assert str(refused.value).isprintable()
        assert len(str(refused.value)) < 300
        assert "'time' is " in str(refused.value)
