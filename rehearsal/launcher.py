"""Start and stop the emulator: own process group, own temporary folder, a free port on 127.0.0.1."""

import atexit
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from rehearsal.leftovers import clear_leftovers, home_of
from rehearsal.toolchain import ROOT, Toolchain, clean_environment

ACCOUNT = "000000000000"
REGION = "us-east-1"
CONNECTION = ROOT / ".build" / "rehearsal.json"
START_DEADLINE_SECONDS = 60
STOP_DEADLINE_SECONDS = 15


class EmulatorFailed(RuntimeError):
    """The emulator did not start, or died."""


class Emulator:
    """A rehearsal's AWS, for the time of a `with` block. Nothing of it is left afterwards."""

    def __init__(self, tools: Toolchain, *, speed: float = 20.0) -> None:
        self.tools = tools
        self.speed = speed
        self.port = _free_port()
        self.endpoint_url = f"http://127.0.0.1:{self.port}"
        self.home = home_of(self.port)
        self.log = self.home / "emulator.log"
        self._process: subprocess.Popen[bytes] | None = None
        atexit.register(self.stop)  # an interrupt may come before the `with` block is entered

    def __enter__(self) -> Self:
        try:
            self._start()
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def client_environment(self) -> dict[str, str]:
        """The environment that boto3, the AWS CLI and the CDK need to talk to this emulator as the account's owner."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ENDPOINT_URL_S3": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

    def stop(self) -> None:
        """End the whole process group, then remove the folder. Safe to call twice."""
        process, self._process = self._process, None
        if process is not None:
            _signal_group(process.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_DEADLINE_SECONDS)
            _signal_group(process.pid, signal.SIGKILL)
            process.wait()
        shutil.rmtree(self.home, ignore_errors=True)

    def require_alive(self) -> None:
        """Raise EmulatorFailed with the end of the log when the process has ended by itself."""
        if self._process is None or self._process.poll() is not None:
            raise EmulatorFailed(f"the emulator has ended:\n{self._log_tail()}")

    def _start(self) -> None:
        tools = self.tools
        clear_leftovers(CONNECTION)
        self.home.mkdir(mode=0o700)
        (self.home / "tmp").mkdir()
        environment = {
            **clean_environment(),
            **self.client_environment(),
            "AUTH": "true",
            "GATEWAY_PORT": str(self.port),
            "BIND_HOST": "127.0.0.1",
            "TMPDIR": str(self.home / "tmp"),
            "REHEARSAL_HOME": str(self.home),
            "REHEARSAL_SPEED": str(self.speed),
            "REHEARSAL_DIE_WITH_PARENT": "1",  # even a driver that is killed leaves nothing
            "REHEARSAL_LAMBDA_PYTHON": str(tools.lambda_python),
            "REHEARSAL_SPARK_PYTHON": str(tools.spark_python),
            "REHEARSAL_IMAGE_PYTHON": str(tools.image_python),
            "REHEARSAL_JAVA_HOME": str(tools.java_home),
            "REHEARSAL_NODE": str(tools.node),
            "REHEARSAL_JSONATA": str(tools.jsonata),
        }
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [str(tools.rehearsal_python), "-m", "rehearsal.emulator"],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches the driver alone, which then ends this group in order
            )

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_DEADLINE_SECONDS
        while time.monotonic() < deadline:
            self.require_alive()
            try:
                with urllib.request.urlopen(f"{self.endpoint_url}/_ministack/health", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise EmulatorFailed(f"no answer on {self.endpoint_url} in {START_DEADLINE_SECONDS} s:\n{self._log_tail()}")

    def _log_tail(self) -> str:
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-20:])


@contextlib.contextmanager
def connection_file(emulator: Emulator, stage: str, path: Path = CONNECTION) -> Iterator[Path]:
    """For the time of the block, other programs of this machine can read how to reach the emulator.

    The file appears whole or not at all. A rehearsal that came later has replaced it, and keeps its own.
    """
    content = {"stage": stage, "process": os.getpid(), "environment": emulator.client_environment()}
    path.parent.mkdir(exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    try:
        draft.write_text(json.dumps(content, indent=1) + "\n")
        draft.replace(path)
        yield path
    finally:
        draft.unlink(missing_ok=True)
        with contextlib.suppress(FileNotFoundError, ValueError):
            if json.loads(path.read_text())["process"] == os.getpid():
                path.unlink()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _signal_group(leader: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, number)
