"""CPU time of this process and of all that live below it, such as Spark's JVM and its Python workers (Linux)."""

from __future__ import annotations

import os
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def tree_cpu_seconds() -> float:
    """User and system time, that of ended and awaited children included."""
    times, parents = dict[int, float](), dict[int, int]()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        number = int(folder.name)
        parents[number] = int(fields[1])
        times[number] = sum(map(int, fields[11:15])) / TICKS_PER_SECOND
    return sum(seconds for number, seconds in times.items() if _is_below(number, os.getpid(), parents))


def _is_below(number: int, top: int, parents: dict[int, int]) -> bool:
    while number and number != top:
        number = parents.get(number, 0)
    return number == top
