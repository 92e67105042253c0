"""A container's output goes to its log stream while it runs."""

from __future__ import annotations

import logging
import threading
from pathlib import Path

from botocore.exceptions import ClientError

from rehearsal.emulator import logs
from rehearsal.emulator.sagemaker.roles import Role

SHIP_SECONDS = 1.0

logger = logging.getLogger("rehearsal.sagemaker")


class LogShipper:
    """Follows a file and writes its new lines to CloudWatch Logs with the job's role."""

    def __init__(self, role: Role, group: str, stream: str, source: Path) -> None:
        self._role = role
        self._group = group
        self._stream = stream
        self._source = source
        self._position = 0
        self._ended = threading.Event()
        self._turn = threading.Lock()
        self._thread = threading.Thread(target=self._follow, daemon=True, name="rehearsal-log-shipper")

    def start(self) -> LogShipper:
        self._thread.start()
        return self

    def finish(self) -> None:
        """Write what is left and stop."""
        self._ended.set()
        self._ship(last=True)

    def write(self, text: str) -> None:
        """Add a line of the service's own to the stream."""
        self._write(text)

    def _follow(self) -> None:
        while not self._ended.wait(SHIP_SECONDS):
            self._ship()

    def _ship(self, *, last: bool = False) -> None:
        with self._turn:
            if not self._source.exists():
                return
            with self._source.open("rb") as source:
                source.seek(self._position)
                fresh = source.read()
            whole = len(fresh) if last else fresh.rfind(b"\n") + 1
            self._position += whole
            if whole:
                self._write(fresh[:whole].decode("utf-8", "replace"))

    def _write(self, text: str) -> None:
        try:
            logs.write_log(self._group, self._stream, text, self._role.client("logs"))
        except ClientError as error:
            # A job goes on without its logs on AWS as well.
            logger.warning("log stream %s of %s was not written: %s", self._stream, self._group, error)
