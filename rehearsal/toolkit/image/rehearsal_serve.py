"""Start the toolkit's model server on a free port of the loopback device instead of port 8080 of a container.

The toolkit's own `start` runs: it installs the user's module, then starts gunicorn with its usual arguments. Two words
of that command change, the program (this environment's gunicorn) and the address (a socket that is open already), and
the control socket is off, because the path that it would get here is too long for a socket.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

PORT_FILE = "REHEARSAL_PORT_FILE"
BACKLOG = 2048


class LocalServer:
    """Takes the place of the subprocess module in the toolkit's server module."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener

    def Popen(self, command: list[str]) -> subprocess.Popen[bytes]:  # noqa: N802 - the name the toolkit calls
        """Start the server the toolkit asks for, on our socket."""
        return subprocess.Popen(local_command(command, self._listener.fileno()), pass_fds=[self._listener.fileno()])


def local_command(command: list[str], descriptor: int) -> list[str]:
    """The toolkit's gunicorn command, with this environment's gunicorn and the given open socket."""
    program, *arguments = command
    if program != "gunicorn":
        raise ValueError(f"the toolkit wants to start {program}, which the rehearsal does not play")
    arguments[arguments.index("-b") + 1] = f"fd://{descriptor}"
    return [sys.executable, "-m", "gunicorn", "--no-control-socket", *arguments]


def listen() -> socket.socket:
    """A listening socket on a free port of 127.0.0.1."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.bind(("127.0.0.1", 0))
    listener.listen(BACKLOG)
    listener.set_inheritable(True)
    return listener


def main() -> None:
    """Tell the port, then become the toolkit's server."""
    from sagemaker_containers.beta.framework import env, server  # pyright: ignore[reportMissingImports]

    listener = listen()
    port_file = Path(os.environ[PORT_FILE])
    unfinished = port_file.with_suffix(".part")
    unfinished.write_text(str(listener.getsockname()[1]), encoding="ascii")
    unfinished.rename(port_file)
    toolkit_server: Any = server
    toolkit_server.subprocess = LocalServer(listener)
    toolkit_server.start(env.ServingEnv().framework_module)


if __name__ == "__main__":
    main()
