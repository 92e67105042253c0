"""A running container of a model: asked over HTTP on the loopback device, run again when it died."""

from __future__ import annotations

import http.client
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rehearsal.emulator import children
from rehearsal.emulator.sagemaker import health
from rehearsal.emulator.sagemaker.joblogs import LogShipper

STOP_SECONDS = 3.0
INVOCATION_SECONDS = 60.0


class InvocationTimeout(Exception):
    """The container did not answer in time."""


@dataclass(frozen=True)
class Reply:
    """The answer of a container."""

    status: int
    content_type: str
    body: bytes
    custom_attributes: str | None = None


@dataclass(frozen=True)
class Command:
    """The command that runs the container of a server, the first time and again."""

    argv: tuple[str | Path, ...]
    environment: Mapping[str, str]
    folder: Path
    log: Path
    port_file: Path

    def run(self) -> subprocess.Popen[bytes]:
        self.port_file.unlink(missing_ok=True)
        return children.spawn(self.argv, env=self.environment, cwd=self.folder, log=self.log)


class ModelServer:
    """A running container that answers /invocations."""

    def __init__(self, command: Command, shipper: LogShipper) -> None:
        self._command = command
        self._process = command.run()
        self._port = 0
        self._turn = threading.Lock()
        self.shipper = shipper
        self.stopped = threading.Event()

    @property
    def has_died(self) -> bool:
        """Tell whether the container ended by itself."""
        return not self.stopped.is_set() and self._process.poll() is not None

    def become_healthy(self) -> None:
        """Wait until the container answers /ping.

        Raises:
            health.StartFailed: it does not.
        """
        self._port = health.wait_until_healthy(self._process, self._command.port_file)

    def run_again(self) -> None:
        """Run the container once more, in the same place."""
        children.stop(self._process, STOP_SECONDS)
        with self._turn:
            if not self.stopped.is_set():
                self._process = self._command.run()

    def invoke(
        self,
        body: bytes,
        *,
        content_type: str,
        accept: str,
        attributes: str | None = None,
        timeout: float = INVOCATION_SECONDS,
    ) -> Reply:
        """Send one request. A server that is gone answers as its instance would: with a 500."""
        headers = {"Content-Type": content_type, "Accept": accept}
        if attributes:
            headers["X-Amzn-SageMaker-Custom-Attributes"] = attributes
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=timeout)
        try:
            connection.request("POST", "/invocations", body, headers)
            answer = connection.getresponse()
            return Reply(
                answer.status,
                answer.getheader("Content-Type", "application/octet-stream"),
                answer.read(),
                answer.getheader("X-Amzn-SageMaker-Custom-Attributes"),
            )
        except TimeoutError as error:
            raise InvocationTimeout(f"no answer within {timeout:.0f} s") from error
        except (OSError, http.client.HTTPException) as error:
            return Reply(500, "text/plain", f"the container broke the connection: {error!r}".encode())
        finally:
            connection.close()

    def stop(self) -> None:
        """End the process and write the rest of its log."""
        with self._turn:
            self.stopped.set()
        children.stop(self._process, STOP_SECONDS)
        self.shipper.finish()
