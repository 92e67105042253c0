"""The stages in which a warm `make rehearse` spends its time."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import ROOT, CommandFailed

# "  ✓ RunEtl                                               10.3 s"
STEP = re.compile(r"^\s+✓ (?P<name>.+?)\s+(?P<seconds>[0-9.]+) s$")
LEAST_SECONDS = 0.5


@dataclass(frozen=True)
class Stage:
    """One step that the rehearsal shows."""

    name: str
    seconds: float
    share: float


def stages(python: Path) -> list[Stage]:
    """The steps of one rehearsal, in order; the short ones together at the end."""
    done = subprocess.run(
        [str(python), "-m", "rehearsal"], cwd=ROOT, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        raise CommandFailed(f"the rehearsal failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return shares(done.stdout)


def shares(printed: str) -> list[Stage]:
    """Each step's share of all that was shown."""
    steps = [(found["name"], float(found["seconds"])) for line in printed.splitlines() if (found := STEP.match(line))]
    total = sum(seconds for _, seconds in steps)
    long = [(name, seconds) for name, seconds in steps if seconds >= LEAST_SECONDS]
    rest = total - sum(seconds for _, seconds in long)
    return [
        Stage(name, seconds, seconds / total)
        for name, seconds in [*long, (f"{len(steps) - len(long)} shorter steps", rest)]
    ]
