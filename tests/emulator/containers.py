"""The containers of endpoints as processes of this machine."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def model_server(home: Path, endpoint: str) -> int | None:
    """The process group of an endpoint's model server, found by the folder of its emulator that it runs in."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (folder / "cmdline").read_bytes().decode()
            if f"{home}/" in command and f"/endpoints/{endpoint}-" in command and "rehearsal_serve" in command:
                return os.getpgid(int(folder.name))
    return None
