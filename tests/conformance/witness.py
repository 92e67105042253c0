"""What a comparison with somebody else's work came to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NODE = ROOT / ".build" / "venv" / "synth" / "node" / "bin" / "node"


class WitnessMissing(Exception):
    """The witness is not installed; the message says what sets it up."""


@dataclass(frozen=True)
class Counts:
    """Cases that agree, among them those that both refuse, those that differ for a known reason, and all others."""

    agree: int
    refused: int = 0
    explained: Mapping[str, int] = field(default_factory=dict)
    differ: tuple[str, ...] = ()
    note: str = ""

    @property
    def cases(self) -> int:
        return self.agree + self.refused + sum(self.explained.values()) + len(self.differ)


@dataclass(frozen=True)
class Witness:
    """A name for the table and the comparison."""

    name: str
    run: Callable[[], Counts]


def installed(path: Path, target: str) -> Path:
    """The path of something that `make conformance` sets up."""
    if not path.exists():
        raise WitnessMissing(f"{path.relative_to(ROOT)} is missing: make {target} sets it up, as make conformance does")
    return path
