"""The data sets that ship: which files to upload for which model, and what others reached on them."""

import gzip
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rehearsal.toolchain import ROOT

SAMPLES = ROOT / "samples"


@dataclass(frozen=True)
class Sample:
    """One folder below samples/, as its sample.toml describes it."""

    name: str
    model: str
    flagship: bool
    folder: Path
    training_files: tuple[str, ...]
    holdout_files: tuple[str, ...]
    references: tuple[dict[str, Any], ...] = ()
    packed: bool = False
    """Files that end in .gz are unpacked before they are uploaded: the repository holds them small."""

    def uploads(self) -> Iterator[tuple[str, bytes]]:
        """Key and content of each object, hold-out first: a run starts with the first training file."""
        for prefix, files in (("holdout", self.holdout_files), ("raw", self.training_files)):
            for file in files:
                path = self.folder / file
                if self.packed and path.suffix == ".gz":
                    yield f"{prefix}/{self.model}/{path.name.removesuffix('.gz')}", gzip.decompress(path.read_bytes())
                else:
                    yield f"{prefix}/{self.model}/{path.name}", path.read_bytes()


def load_samples(folder: Path = SAMPLES) -> list[Sample]:
    """Every sample, by name."""
    return [_load(path) for path in sorted(folder.glob("*/sample.toml"))]


def choose_sample(name: str | None, folder: Path = SAMPLES) -> Sample:
    """The sample of this name, or the flagship.

    Raises:
        ValueError: naming the samples that there are.
    """
    samples = load_samples(folder)
    for sample in samples:
        if sample.name == name or (name is None and sample.flagship):
            return sample
    raise ValueError(f"no sample {name!r}: choose one of {', '.join(sample.name for sample in samples)}")


def own_files(model: str, files: Sequence[Path], holdout: Sequence[Path], root: Path = ROOT) -> Sample:
    """A reader's own files for a model of their own.

    Raises:
        ValueError: when the model has no TOML file, or a file does not exist.
    """
    settings = root / "config" / "models" / f"{model}.toml"
    if not settings.is_file():
        raise ValueError(f"there is no model {model!r}: write config/models/{model}.toml first (./mlops draft helps)")
    for path in (*files, *holdout):
        if not path.is_file():
            raise ValueError(f"there is no file {path}")
    return Sample(
        name=model,
        model=model,
        flagship=False,
        folder=Path.cwd(),
        training_files=tuple(map(str, files)),
        holdout_files=tuple(map(str, holdout)),
    )


def _load(path: Path) -> Sample:
    described = tomllib.loads(path.read_text())
    return Sample(
        name=path.parent.name,
        model=described["model"],
        flagship=described.get("flagship", False),
        folder=path.parent,
        training_files=tuple(described["training"]),
        holdout_files=tuple(described.get("holdout", ())),
        references=tuple(described.get("references", ())),
        packed=True,
    )
