"""Run as a process of its own: ends the emulator's children when the emulator is gone.

Reads `+<process id>` and `-<process id>` lines from the emulator. The pipe closes when the emulator ends, also when
it was killed and could clean up nothing.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterable


def groups_left(lines: Iterable[str]) -> set[int]:
    """The process groups that were started and not ended."""
    groups: set[int] = set()
    for line in lines:
        mark, number = line[:1], line[1:].strip()
        if mark == "+" and number.isdigit():
            groups.add(int(number))
        elif mark == "-" and number.isdigit():
            groups.discard(int(number))
    return groups


def main() -> None:
    """Wait for the emulator's end, then end what it left."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for group in groups_left(sys.stdin):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
