"""One execution environment of one Lambda function: its own process, folder, interpreter and role session."""

from __future__ import annotations

import json
import queue
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import zipfile
from pathlib import Path
from typing import Any

from ministack.core import lambda_runtime

from rehearsal.emulator import children, settings
from rehearsal.emulator.lambda_variables import variables

WORKER_SCRIPT = Path(__file__).with_name("lambda_worker.py")
END_OF_LOG = "\x1e"
INITIALISATION_SECONDS = 120.0
LOG_SECONDS = 2.0

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.core.lambda_runtime": ("Worker",),
}


class InitialisationError(Exception):
    """The function could not be loaded; carries the error in Lambda's form."""

    def __init__(self, problem: dict[str, Any], log: str) -> None:
        super().__init__(problem.get("errorMessage", "initialisation failed"))
        self.problem = problem
        self.log = log


class Environment(lambda_runtime.Worker):
    """Ministack's pool of workers holds these instead of its own, which would see ministack's own packages."""

    _proc: subprocess.Popen[bytes] | None

    def invoke(self, event: Any, request_id: str, *, trace_id: str | None = None, **ignored: Any) -> dict[str, Any]:
        """Answer one event: {"result": …} or {"error": …}, with the invocation's log."""
        with self._lock:
            log = ""
            if self._proc is None or self._proc.poll() is not None:
                log = self._start()
            timeout = float(self.config.get("Timeout", 3))
            request = {
                "event": event,
                "request_id": request_id,
                "function_arn": ignored.get("invoked_function_arn") or self.config["FunctionArn"],
                "deadline": time.time() + timeout,
                "trace_id": trace_id,
            }
            answer = self._exchange(request, timeout)
            if answer is None:
                answer = {"error": self._unanswered(timeout)}
                self._discard_process()
            return {**answer, "log": log + self._collect_log()}

    def _start(self) -> str:
        """Unpack the code, start the interpreter, wait for the handler's module. The log of the initialisation."""
        self._discard_tmpdir()
        self._tmpdir = tempfile.mkdtemp(prefix="lambda-")
        task_root = Path(self._tmpdir, "task")
        own_tmp = Path(self._tmpdir, "tmp")
        own_tmp.mkdir()
        self._unpack(task_root)
        argv = [settings.lambda_python(), "-I", "-X", "utf8", "-u", WORKER_SCRIPT]
        self._proc = children.spawn(
            argv,
            env=variables(self.config, task_root, own_tmp),
            cwd=task_root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._answers: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._log_lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._read_answers, args=(self._proc,), daemon=True).start()
        threading.Thread(target=self._read_log, args=(self._proc,), daemon=True).start()
        return self._await_initialisation()

    def _await_initialisation(self) -> str:
        first = self._next_answer(INITIALISATION_SECONDS)
        log = self._collect_log()
        if first is None:
            first = {"error": {"errorType": "Runtime.ExitError", "errorMessage": "the runtime exited while loading"}}
        if "error" in first:
            self._discard_process()
            raise InitialisationError(first["error"], log)
        return log

    def _unpack(self, task_root: Path) -> None:
        archive = Path(str(self._tmpdir), "code.zip")
        archive.write_bytes(self.code_zip)
        with zipfile.ZipFile(archive) as bundle:
            bundle.extractall(task_root)
        archive.unlink()

    def _exchange(self, request: dict[str, Any], timeout: float) -> dict[str, Any] | None:
        process = self._proc
        if process is None or process.stdin is None:
            return None
        try:
            process.stdin.write(json.dumps(request).encode() + b"\n")
            process.stdin.flush()
        except OSError:
            return None
        return self._next_answer(timeout)

    def _next_answer(self, timeout: float) -> dict[str, Any] | None:
        try:
            return self._answers.get(timeout=timeout)
        except queue.Empty:
            return None

    def _unanswered(self, timeout: float) -> dict[str, Any]:
        """The reason why there was no answer: the function took too long, or its process ended by itself."""
        code = self._proc.poll() if self._proc is not None else None
        if code is None:
            return {"errorType": "Sandbox.Timedout", "errorMessage": f"Task timed out after {timeout:.2f} seconds"}
        return {"errorType": "Runtime.ExitError", "errorMessage": _exit_words(code)}

    def _read_answers(self, process: subprocess.Popen[bytes]) -> None:
        answers = self._answers
        assert process.stdout is not None
        for line in process.stdout:
            answers.put(json.loads(line))
        process.wait()
        answers.put(None)

    def _read_log(self, process: subprocess.Popen[bytes]) -> None:
        lines = self._log_lines
        assert process.stderr is not None
        for line in process.stderr:
            lines.put(line.decode("utf-8", "replace").rstrip("\n"))
        lines.put(END_OF_LOG)

    def _collect_log(self) -> str:
        collected: list[str] = []
        deadline = time.monotonic() + LOG_SECONDS
        while (left := deadline - time.monotonic()) > 0:
            try:
                line = self._log_lines.get(timeout=left)
            except queue.Empty:
                break
            if line.endswith(END_OF_LOG):
                collected += [line.removesuffix(END_OF_LOG)] if line != END_OF_LOG else []
                break
            collected.append(line)
        return "".join(f"{line}\n" for line in collected)

    def _discard_process(self) -> None:
        process, self._proc = self._proc, None
        if process is not None:
            children.stop(process, grace_seconds=0.5)

    def _discard_tmpdir(self) -> None:
        if self._tmpdir:
            shutil.rmtree(self._tmpdir, ignore_errors=True)


def _exit_words(code: int) -> str:
    """Lambda's words for the end of a runtime: recorded for 0 and for a status, reported by many for SIGKILL."""
    if code == 0:
        return "Runtime exited without providing a reason"
    if code < 0:
        name = signal.strsignal(-code) or str(-code)
        return f"Runtime exited with error: signal: {name.lower()}"
    return f"Runtime exited with error: exit status {code}"
