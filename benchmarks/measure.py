"""CPU time of whole commands, all of their descendants included, and ratios of paired runs."""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
PR_SET_CHILD_SUBREAPER = 36


class CommandFailed(RuntimeError):
    """A measured command ended with an error."""


@dataclass(frozen=True)
class Cost:
    """One run of a command."""

    cpu_seconds: float
    wall_seconds: float


@dataclass(frozen=True)
class Command:
    """A command, its folder and its changes to the environment."""

    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    measures_itself: bool = False
    """Its last line is cpu_seconds=<number>: of the work alone, without the start of what it needs."""

    def run(self) -> Cost:
        """Run it to its end, and the end of everything that it started."""
        before, start = _children_cpu_seconds(), time.monotonic()
        process = subprocess.Popen(
            self.arguments,
            cwd=ROOT,
            env={**os.environ, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        printed, _ = process.communicate()
        wall_seconds = time.monotonic() - start
        _reap_orphans()
        if process.returncode:
            raise CommandFailed(f"{' '.join(self.arguments)[:200]} failed:\n{printed[-2000:]}")
        if self.measures_itself:
            return Cost(float(printed.rpartition("cpu_seconds=")[2]), wall_seconds)
        return Cost(_children_cpu_seconds() - before, wall_seconds)


@dataclass(frozen=True)
class Comparison:
    """The cost of one thing beside another. The ratio is the median of the pairs, not the ratio of the medians."""

    name: str
    ours: str
    other: str
    ours_cpu_seconds: float
    other_cpu_seconds: float
    ratio: float
    spread: tuple[float, float]


def compare(name: str, ours: tuple[str, Command], other: tuple[str, Command], *, pairs: int) -> Comparison:
    """Run both in turns after a warm-up of each, so that a busy machine slows both of a pair."""
    adopt_orphans()
    ours[1].run()
    other[1].run()
    costs = [(ours[1].run().cpu_seconds, other[1].run().cpu_seconds) for _ in range(pairs)]
    ratios = [first / second for first, second in costs]
    return Comparison(
        name=name,
        ours=ours[0],
        other=other[0],
        ours_cpu_seconds=median(first for first, _ in costs),
        other_cpu_seconds=median(second for _, second in costs),
        ratio=median(ratios),
        spread=(min(ratios), max(ratios)),
    )


def adopt_orphans() -> None:
    """Make orphans among the descendants children of this process, so that their time is counted (Linux)."""
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "the benchmarks count the time of orphans, which needs Linux")


def _reap_orphans() -> None:
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _children_cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
