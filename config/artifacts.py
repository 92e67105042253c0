"""Files that the stacks ship, made from the repository. The same sources always give the same bytes."""

import gzip
import io
import os
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from config.models import Model

# Zip cannot say less than this; tar could, but nobody reads either.
ZIP_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
FILE_MODE: Final = 0o644


@dataclass(frozen=True, kw_only=True)
class Artifacts:
    """Paths of the written files. Their names hold no version: assets are known by their content."""

    contracts: Path
    """One archive of all models' contracts: <model>.json."""
    contract_package: Path
    training_code: Path


def write_artifacts(root: Path, folder: Path, models: tuple[Model, ...]) -> Artifacts:
    """Write the contracts, the contract package for Glue, and the code for the image."""
    package = dict(_modules(root / "contract", "contract/"))
    training = dict(_modules(root / "training", ""))
    return Artifacts(
        contracts=_write(
            folder / "contracts.zip", zipped({f"{model.name}.json": model.contract_json().encode() for model in models})
        ),
        contract_package=_write(folder / "contract.zip", zipped(package)),
        training_code=_write(folder / "sourcedir.tar.gz", tarred({**training, **package})),
    )


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip that knows neither the time nor who made it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in sorted(files.items()):
            entry = zipfile.ZipInfo(name, ZIP_EPOCH)
            entry.external_attr = FILE_MODE << 16
            # Stored: compressed bytes depend on the compressor's version.
            archive.writestr(entry, content, zipfile.ZIP_STORED)
    return buffer.getvalue()


def tarred(files: Mapping[str, bytes]) -> bytes:
    """A tar.gz that knows neither the time nor who made it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), FILE_MODE
            archive.addfile(entry, io.BytesIO(content))
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=packed, mode="wb", mtime=0) as stream:
        stream.write(buffer.getvalue())
    return packed.getvalue()


def _modules(folder: Path, prefix: str) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.rglob("*.py")):
        yield prefix + path.relative_to(folder).as_posix(), path.read_bytes()


def _write(path: Path, content: bytes) -> Path:
    """Written only when it differs, and at once: another synth may be reading."""
    if not path.exists() or path.read_bytes() != content:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.{os.getpid()}.{id(content)}")
        unfinished.write_bytes(content)
        unfinished.replace(path)
    return path
