"""The screen of a rehearsal: whole words on a terminal, and a wait that ends with the machine's own limits."""

import io
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from rehearsal import execution
from rehearsal.execution import follow
from rehearsal.view import View, WaitExpired

KEY = "s3://<data>/raw/a-model-of-some-length/2026/11/27/a-file-of-some-length.csv  12,345 KiB"
ROW = ", ".join(f"column_{number}=value-{number}" for number in range(12))


def shown(width: int, terminal: bool, *, what: str = "", note: str = "") -> list[str]:
    screen = io.StringIO()
    view = View(Console(file=screen, width=width, force_terminal=terminal, color_system=None, highlight=False))
    if what:
        view.done(what, 1.0)
    if note:
        view.note(note)
    return screen.getvalue().splitlines()


@pytest.mark.parametrize("given", [{"what": KEY}, {"note": ROW}], ids=["upload", "prediction"])
def test_a_terminal_of_80_columns_is_given_whole_words(given: dict[str, str]) -> None:
    lines = shown(80, True, **given)
    [text] = given.values()
    assert max(map(len, lines)) <= 80
    words = [word for line in lines for word in line.replace("✓", " ").split()]
    assert words[: len(text.split())] == text.split()


@pytest.mark.parametrize("given", [{"what": KEY}, {"note": ROW}], ids=["upload", "prediction"])
def test_a_file_is_given_whole_lines(given: dict[str, str]) -> None:
    assert len(shown(80, False, **given)) == 1


def test_the_live_line_of_a_step_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    view = View(Console(file=io.StringIO(), width=80, force_terminal=True, color_system=None))
    monkeypatch.setattr("rich.status.Status.update", lambda _self, status: told.append(status))
    with view.step("cdk deploy --all") as report:
        report("mlops-rehearsal-step-functions | 12/160 | CREATE_IN_PROGRESS | AWS::StepFunctions::StateMachine | X")
    [line] = told
    assert len(line.replace("[dim]", "").replace("[/dim]", "")) <= 80 - len("⠋ ")


class Machine:
    """A machine in one state that never ends."""

    def __init__(self, state: dict[str, Any]) -> None:
        self._definition = {"TimeoutSeconds": 4000, "States": {"TrainModel": state}}

    def describe_execution(self, **_: str) -> dict[str, Any]:
        return {"status": "RUNNING", "stateMachineArn": "machine"}

    def describe_state_machine(self, **_: str) -> dict[str, Any]:
        return {"definition": json.dumps(self._definition)}

    def get_paginator(self, _name: str) -> "Machine":
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        entered = {"timestamp": datetime.now(UTC), "stateEnteredEventDetails": {"name": "TrainModel"}}
        return [{"events": [entered]}]


@pytest.mark.parametrize(
    ("state", "given", "ends_after"),
    [({"TimeoutSeconds": 900}, None, 960), ({}, None, 4060), ({"TimeoutSeconds": 900}, 20.0, 20)],
    ids=["the state's limit", "the machine's limit", "the caller's limit"],
)
def test_a_long_state_is_followed_until_its_own_limit(
    monkeypatch: pytest.MonkeyPatch, state: dict[str, Any], given: float | None, ends_after: int
) -> None:
    clock = [0.0]
    monkeypatch.setattr(execution.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(execution.time, "sleep", lambda _seconds: clock.__setitem__(0, clock[0] + 10))
    view = View(Console(file=io.StringIO()))
    with pytest.raises(WaitExpired, match=f"TrainModel for more than {ends_after} s"):
        follow(view, Machine(state), "arn", state_seconds=given)
    assert ends_after < clock[0] <= ends_after + 10
