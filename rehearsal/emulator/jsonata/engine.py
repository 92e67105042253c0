"""One long-lived Node process that evaluates expressions for the whole emulator, over JSON lines."""

from __future__ import annotations

import functools
import json
import os
import queue
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rehearsal.emulator import children, settings

WORKER = Path(__file__).with_name("worker.js")
# AWS documents no limit for one evaluation; an expression without an end must not hold up the rehearsal.
LIMIT_SECONDS = 5.0
START_SECONDS = 30.0
HEAP_MEGABYTES = 512


class EngineFailed(Exception):
    """The engine gave no answer; the next question gets a new process."""


class Engine:
    """Asks one question at a time: an evaluation takes well under a millisecond."""

    def __init__(self, node: Path, package: Path) -> None:
        self._argv = [node, f"--max-old-space-size={HEAP_MEGABYTES}", WORKER, package]
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._answers: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def compile(self, expressions: Sequence[str]) -> list[str | None]:
        """For each expression why it cannot be parsed, or None."""
        return self._ask({"compile": list(expressions)})

    def evaluate(self, expressions: Sequence[str], bindings: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The outcomes in order, up to the first that is no value; worker.js says what an outcome is."""
        return self._ask({"evaluate": list(expressions), "bindings": bindings})

    def close(self) -> None:
        """End the process; a later question starts another."""
        with self._lock:
            self._stop()

    def _ask(self, question: Mapping[str, Any]) -> Any:
        line = json.dumps(question).encode() + b"\n"
        with self._lock:
            if self._process is None or self._process.poll() is not None:
                self._start()
            answer = self._exchange(line, LIMIT_SECONDS)
            if answer:
                return json.loads(answer)
            self._stop()
        if answer is None:
            raise EngineFailed(f"the evaluation did not end within {LIMIT_SECONDS:g} seconds")
        raise EngineFailed("the JSONata engine ended during the evaluation")

    def _exchange(self, line: bytes, limit: float) -> bytes | None:
        """The answer; nothing when the process has ended, None when it did not answer in time."""
        process = self._process
        assert process is not None and process.stdin is not None
        try:
            process.stdin.write(line)
            process.stdin.flush()
        except OSError:
            return b""
        try:
            return self._answers.get(timeout=limit)
        except queue.Empty:
            return None

    def _start(self) -> None:
        self._process = children.spawn(
            self._argv,
            env={"PATH": os.defpath, "TMPDIR": tempfile.gettempdir()},
            cwd=WORKER.parent,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._answers = queue.SimpleQueue()
        threading.Thread(target=_read, args=(self._process, self._answers), daemon=True).start()
        if not self._exchange(b'{"compile": ["1"]}\n', START_SECONDS):
            self._stop()
            raise EngineFailed(f"the JSONata engine does not start: {' '.join(map(str, self._argv))}")

    def _stop(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            children.stop(process, grace_seconds=0)


@functools.cache
def shared_engine() -> Engine:
    """The emulator's one engine; its process starts with the first question."""
    return Engine(settings.node(), settings.jsonata_package())


def _read(process: subprocess.Popen[bytes], answers: queue.SimpleQueue[bytes]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        answers.put(line)
    answers.put(b"")
