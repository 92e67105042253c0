"""Ends of the emulator: however it ends, nothing that it started is left."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.emulator.conftest import (
    ROOT,
    Emulator,
    emulator_environment,
    free_port,
    lambda_runtime,
    start_emulator,
    statement,
    wait_until,
)
from tests.emulator.functions import make_function

SLEEPER = """
import subprocess, sys
STUBBORN = "import signal, threading; signal.signal(15, signal.SIG_IGN); threading.Event().wait()"
grandchild = subprocess.Popen([sys.executable, "-c", STUBBORN])
def handler(event, context):
    return grandchild.pid
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_no_process_and_no_port_is_left_after_a_signal(number: signal.Signals, emulator_home: Path) -> None:
    emulator = start_emulator(emulator_home)
    worker, grandchild = _start_children(emulator)
    engine = _start_engine(emulator)
    assert all(map(_alive, (worker, grandchild, engine)))

    emulator.process.send_signal(number)
    emulator.process.wait(timeout=20)

    wait_until(lambda: not any(map(_alive, (worker, grandchild, engine))), 10, "the children to end")
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", emulator.port)) != 0


def test_the_emulator_ends_when_the_process_that_started_it_dies(emulator_home: Path) -> None:
    port = free_port()
    script = (
        "import subprocess, sys, threading\n"
        "child = subprocess.Popen([sys.executable, '-m', 'rehearsal.emulator'], start_new_session=True)\n"
        "print(child.pid, flush=True)\n"
        "threading.Event().wait()\n"
    )
    launcher = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=emulator_environment(emulator_home, port),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert launcher.stdout is not None
    child = int(launcher.stdout.readline())
    wait_until(lambda: _listens(port), 60, "the emulator to listen")

    launcher.kill()
    launcher.wait(timeout=10)

    wait_until(lambda: not _alive(child), 20, "the emulator to end")


def test_temporary_files_stay_inside_the_emulators_home(emulator: Emulator) -> None:
    _start_children(emulator)
    folders = [entry.name for entry in (emulator.home / "tmp").iterdir()]
    assert any(name.startswith("lambda-") for name in folders)


def _start_children(emulator: Emulator) -> tuple[int, int]:
    """A function's process, which has started a process of its own that ignores the polite signal."""
    name = f"sleeper-{os.urandom(3).hex()}"
    role = emulator.role(name, "lambda.amazonaws.com", [statement("logs:*")])
    make_function(emulator, name, role, SLEEPER)
    grandchild = int(emulator.client("lambda").invoke(FunctionName=name)["Payload"].read())
    return os.getpgid(grandchild), grandchild


def _start_engine(emulator: Emulator) -> int:
    """The process that evaluates JSONata, which starts with the first expression."""
    done = {"Type": "Succeed", "Output": "{% 1 %}"}
    definition = {"QueryLanguage": "JSONata", "StartAt": "Done", "States": {"Done": done}}
    states = emulator.client("stepfunctions")
    assert states.validate_state_machine_definition(definition=json.dumps(definition))["result"] == "OK"
    listed = subprocess.run(["ps", "-wweo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    lines = [line.split(None, 2) for line in listed.splitlines()]
    (found,) = [int(pid) for pid, parent, args in lines if parent == str(emulator.process.pid) and "worker.js" in args]
    return found


def _alive(process_id: int) -> bool:
    """Tell whether the process runs; one that has ended and waits to be reaped does not."""
    state = Path(f"/proc/{process_id}/stat")
    if state.parent.parent.joinpath("self").exists():
        try:
            return state.read_text().rsplit(")", 1)[1].split()[0] != "Z"
        except (FileNotFoundError, ProcessLookupError):
            return False
    return subprocess.run(["ps", "-p", str(process_id)], capture_output=True, check=False).returncode == 0


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_host_has_a_lambda_runtime() -> None:
    runtime, architecture = lambda_runtime()
    assert runtime in ("python3.11", "python3.12")
    assert architecture in ("x86_64", "arm64")
