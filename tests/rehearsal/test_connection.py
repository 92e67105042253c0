"""How other programs find a rehearsal that waits."""

import json
import os
from pathlib import Path
from typing import Any, cast

import pytest

from rehearsal.launcher import Emulator, connection_file

ENVIRONMENT = {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}


class Waiting:
    """All that the file needs of an emulator."""

    def client_environment(self) -> dict[str, str]:
        return ENVIRONMENT


EMULATOR = cast(Emulator, cast(Any, Waiting()))


def test_the_file_tells_stage_process_and_connection_and_is_gone_afterwards(tmp_path: Path) -> None:
    path = tmp_path / "build" / "rehearsal.json"

    with connection_file(EMULATOR, "drill", path):
        written = json.loads(path.read_text())

    assert written == {"stage": "drill", "process": os.getpid(), "environment": ENVIRONMENT}
    assert list(path.parent.iterdir()) == []


def test_an_interrupt_removes_it_too(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), connection_file(EMULATOR, "drill", tmp_path / "rehearsal.json"):
        raise KeyboardInterrupt

    assert list(tmp_path.iterdir()) == []


def test_the_file_of_another_rehearsal_that_came_later_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "rehearsal.json"

    with connection_file(EMULATOR, "drill", path):
        path.write_text(json.dumps({"stage": "rehearsal", "process": 1}))

    assert json.loads(path.read_text())["process"] == 1
