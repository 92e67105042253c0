"""What a killed rehearsal leaves is removed by the next one, and nothing else is."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from rehearsal.leftovers import clear_leftovers


@pytest.fixture
def ended_process() -> int:
    """The number of a process that is over."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_the_folder_and_the_connection_of_a_killed_rehearsal_go(temporary: Path, ended_process: int) -> None:
    folder, connection = temporary / f"mlops-rehearsal-{ended_process}-4566", temporary / "rehearsal.json"
    (folder / "glue").mkdir(parents=True)
    connection.write_text(json.dumps({"process": ended_process}))

    assert clear_leftovers(connection) == [folder, connection]
    assert list(temporary.iterdir()) == []


def test_a_running_rehearsal_and_what_belongs_to_others_stay(temporary: Path, ended_process: int) -> None:
    connection = temporary / "rehearsal.json"
    connection.write_text(json.dumps({"process": os.getpid()}))
    elsewhere = temporary / "elsewhere"
    names = (f"mlops-rehearsal-{os.getpid()}-1", f"mlops-rehearsal-{ended_process}", "mlops-rehearsal-x-1", "elsewhere")
    for name in names:
        (temporary / name).mkdir()
    (temporary / f"mlops-rehearsal-{ended_process}-2").symlink_to(elsewhere)

    assert clear_leftovers(connection) == []
    assert len(list(temporary.iterdir())) == len(names) + 2


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"process": "x"}'])
def test_a_connection_file_that_says_nothing_stops_no_rehearsal(temporary: Path, content: str) -> None:
    connection = temporary / "rehearsal.json"
    connection.write_text(content)

    assert clear_leftovers(connection) == []
