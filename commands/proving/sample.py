"""The data set of a proof: small, so that AWS's minutes are those of starting machines."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from commands.errors import Exit, Refused
from commands.rehearsed import ROOT

SAMPLES = ROOT / "samples"
STRANGER = b"month,sales\n1,2\n"


@dataclass(frozen=True)
class Sample:
    """One file, the model it is for, and what a rehearsal showed of it."""

    model: str
    path: Path
    recording: Path

    @property
    def key(self) -> str:
        """Its key in the data bucket."""
        return f"raw/{self.model}/{self.path.name}"

    @property
    def stranger_key(self) -> str:
        """The key of a file that belongs to no model of ours, which ends a run."""
        return f"raw/{self.model}/of-another-kind.csv"


def sample_of_proofs(folder: Path = SAMPLES) -> Sample:
    """The sample whose sample.toml says `proof = true`.

    Raises:
        Refused: when none does, or one is not what it should be.
    """
    for described in sorted(folder.glob("*/sample.toml")):
        home = described.parent
        try:
            told = tomllib.loads(described.read_text(encoding="utf-8"))
            if told.get("proof"):
                return Sample(str(told["model"]), home / told["training"][0], home / "rehearsed.json")
        except (OSError, ValueError, LookupError, TypeError) as problem:
            raise Refused(
                f"{described} is no sample ({problem}): get the samples of the platform", Exit.USAGE
            ) from None
    raise Refused(f"no sample.toml below {folder} says proof = true: get the samples of the platform", Exit.NOT_FOUND)
