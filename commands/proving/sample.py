"""The data set of a proof: small, so that AWS's minutes are those of starting machines."""

from dataclasses import dataclass
from pathlib import Path

from commands.rehearsed import ROOT

STRANGER = b"month,sales\n1,2\n"


@dataclass(frozen=True)
class Sample:
    """One file and the model it is for."""

    model: str
    path: Path

    @property
    def key(self) -> str:
        """Its key in the data bucket."""
        return f"raw/{self.model}/{self.path.name}"

    @property
    def stranger_key(self) -> str:
        """The key of a file that belongs to no model of ours, which ends a run."""
        return f"raw/{self.model}/of-another-kind.csv"


SAMPLE = Sample("wine", ROOT / "samples" / "wine" / "wine.csv")
