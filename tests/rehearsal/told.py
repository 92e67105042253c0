"""What a failed execution must look like, and what people must have heard of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from tests.rehearsal.bench import Machine
from tests.rehearsal.campaign import Forgiven, Line, Result
from tests.rehearsal.inbox import QUIET_SECONDS, Inbox

MESSAGE_SECONDS = 120
STATES_OWN = ("States.Timeout", "States.HeartbeatTimeout")


@dataclass(frozen=True)
class Told:
    """The messages of each execution, counted at a subscriber of the topic."""

    messages: Mapping[str, list[str]]

    @classmethod
    def wait(cls, inbox: Inbox, line: Line) -> Told:
        """Wait for one message of each failed execution, then a while for those that must not come."""
        failed = [result.execution["name"] for result in line.results.values()]
        good = [forgiven.execution["name"] for forgiven in line.forgiven.values()]
        deadline = time.monotonic() + MESSAGE_SECONDS
        while not all(inbox.about(name) for name in failed) and time.monotonic() < deadline:
            time.sleep(0.2)
        quiet = time.monotonic() + QUIET_SECONDS
        while time.monotonic() < quiet:
            inbox.about("")
            time.sleep(0.2)
        return cls({name: inbox.about(name) for name in (*failed, *good)})


def assert_failed_as_designed(result: Result) -> None:
    """The fault hit as often as the retriers try, was caught under AWS's name, and ended the execution."""
    case = result.case
    assert all(result.hits_before), f"a fault on the way to {case.state} never hit"
    again = attempts(result.machine, case.again_in, case.caught) if case.again_in else 0
    assert result.hits == (case.attempts or attempts(result.machine, case.state, case.caught)) + again
    assert result.execution["status"] == "FAILED"
    assert result.execution["error"] == case.caught
    assert case.state in result.execution["cause"]
    assert injected_message(result) in result.execution["cause"]
    assert case.state in result.entered


def assert_one_message(result: Result, told: Told) -> None:
    """One message: the state, the cause and a way out."""
    [message] = told.messages[result.execution["name"]]
    assert_message(message, state=result.case.state, cause=injected_message(result))


def assert_message(message: str, *, state: str, cause: str) -> None:
    assert state in line_of(message, "State:")
    assert cause in message
    assert line_of(message, "Way out:")


def line_of(message: str, mark: str) -> str:
    """What stands behind a mark of the message."""
    return next(line.removeprefix(mark).strip() for line in message.splitlines() if line.startswith(mark))


def assert_others_retried(forgiven: Forgiven, told: Told) -> None:
    """Every fault hit as often as it was asked for, and the execution succeeded nonetheless, in silence."""
    assert {fault.action: hits for fault, hits in forgiven.hits.items()} == {
        fault.action: fault.times for fault in forgiven.hits
    }
    assert forgiven.execution["status"] == "SUCCEEDED"
    assert told.messages[forgiven.execution["name"]] == []


def injected_message(result: Result) -> str:
    [answer] = result.case.fault.answer.values()
    return answer if isinstance(answer, str) else answer.get("errorMessage") or answer["message"]


def attempts(machine: Machine, state: str, error: str) -> int:
    """How often the deployed definition lets this state try against this error."""
    for retrier in machine.tasks()[state].get("Retry", []):
        if error in retrier["ErrorEquals"] or (
            "States.TaskFailed" in retrier["ErrorEquals"] and error not in STATES_OWN
        ):
            return 1 + retrier["MaxAttempts"]
    return 1
