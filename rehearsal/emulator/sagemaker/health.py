"""The health check of a container: it is ready when it answers /ping with 200."""

from __future__ import annotations

import http.client
import subprocess
import time
from pathlib import Path

PING_SECONDS = 2.0
START_SECONDS = 120.0
FAILED_PINGS = 5
POLL_SECONDS = 0.1


class StartFailed(Exception):
    """The container did not become healthy; the message is what SageMaker says."""


def wait_until_healthy(process: subprocess.Popen[bytes], port_file: Path) -> int:
    """The port of the container that says it is ready, once it is."""
    deadline = time.monotonic() + START_SECONDS
    failed = 0
    while time.monotonic() < deadline and process.poll() is None and failed < FAILED_PINGS:
        if port_file.exists():
            port = int(port_file.read_text(encoding="ascii"))
            status = _ping(port)
            if status == 200:
                return port
            failed += status is not None
        time.sleep(POLL_SECONDS)
    raise StartFailed("did not pass the ping health check. Please check CloudWatch logs for this endpoint.")


def _ping(port: int) -> int | None:
    """The status of /ping; None while nobody answers. Loading the model may take longer than SageMaker's 2 s."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PING_SECONDS)
    try:
        connection.request("GET", "/ping")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
