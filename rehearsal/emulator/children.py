"""Child processes that end with the emulator, whatever ends the emulator."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

STOP_SECONDS = 5.0
GUARD = Path(__file__).with_name("guard.py")

_children: set[subprocess.Popen[bytes]] = set()
_lock = threading.Lock()
_closed = False
_guard: subprocess.Popen[bytes] | None = None


class Closing(Exception):
    """The emulator is ending and starts no more processes."""


def spawn(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    cwd: Path,
    log: Path | None = None,
    stdin: int | None = subprocess.DEVNULL,
    stdout: int | None = None,
    stderr: int | None = None,
) -> subprocess.Popen[bytes]:
    """Start a process in a group of its own. Its output goes to the log file unless pipes are asked for."""
    with _lock:
        if _closed:
            raise Closing("the emulator is ending")
        _start_guard()
        with contextlib.ExitStack() as open_files:
            output: int | IO[bytes] = subprocess.DEVNULL if log is None else open_files.enter_context(log.open("ab"))
            process = subprocess.Popen(
                [str(part) for part in argv],
                env=dict(env),
                cwd=str(cwd),
                stdin=stdin,
                stdout=output if stdout is None else stdout,
                stderr=(subprocess.STDOUT if log else output) if stderr is None else stderr,
                start_new_session=True,
            )
        _children.difference_update([child for child in _children if child.poll() is not None])
        _children.add(process)
        _tell_guard(f"+{process.pid}")
    return process


def stop(process: subprocess.Popen[bytes], grace_seconds: float = STOP_SECONDS) -> int | None:
    """End the process and its whole group: a polite signal, then the hard one. Its exit code, if it was reaped."""
    _signal_group(process, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=grace_seconds)
    _signal_group(process, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=STOP_SECONDS)
    with _lock:
        _children.discard(process)
        _tell_guard(f"-{process.pid}")
    return process.returncode


def stop_all(grace_seconds: float = STOP_SECONDS) -> None:
    """End every child and refuse new ones: the emulator's last act."""
    global _closed
    with _lock:
        _closed = True
        remaining = list(_children)
    for process in remaining:
        _signal_group(process, signal.SIGTERM)
    stoppers = [threading.Thread(target=stop, args=(process, grace_seconds)) for process in remaining]
    for stopper in stoppers:
        stopper.start()
    for stopper in stoppers:
        stopper.join()
    _dismiss_guard()


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    """Signal the child's group, also when the child itself is gone but left processes behind."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _start_guard() -> None:
    """The guard is a tiny process that outlives a killed emulator just long enough to end the children."""
    global _guard
    if _guard is not None and _guard.poll() is None:
        return
    _guard = subprocess.Popen(
        [sys.executable, "-I", str(GUARD)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    for child in _children:
        _tell_guard(f"+{child.pid}")


def _tell_guard(line: str) -> None:
    if _guard is None or _guard.stdin is None:
        return
    with contextlib.suppress(OSError, ValueError):
        _guard.stdin.write(f"{line}\n".encode())
        _guard.stdin.flush()


def _dismiss_guard() -> None:
    if _guard is None or _guard.stdin is None:
        return
    with contextlib.suppress(OSError, ValueError):
        _guard.stdin.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        _guard.wait(timeout=STOP_SECONDS)
