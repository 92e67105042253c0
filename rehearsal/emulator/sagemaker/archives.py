"""Model archives: made by the service with the same bytes each time, opened as the service opens them."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

from rehearsal.emulator.sagemaker.objects import DataError

FILE_MODE = 0o644
FOLDER_MODE = 0o755


def pack(folder: Path) -> bytes:
    """A tar.gz of the folder's content: sorted, without times, owners or odd permissions."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as stream, tarfile.open(fileobj=stream, mode="w") as archive:
        for path in sorted(folder.rglob("*")):
            archive.add(path, arcname=str(path.relative_to(folder)), recursive=False, filter=_plain)
    return packed.getvalue()


def unpack(content: bytes, folder: Path) -> None:
    """Open a tar.gz below the folder; anything else fails, as in the real container."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
            archive.extractall(folder, filter="data")
    except (tarfile.TarError, OSError, EOFError) as error:
        raise DataError(f"the model data is not a tar.gz archive that can be opened: {error}") from error


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mtime = 0
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = FOLDER_MODE if member.isdir() else FILE_MODE
    return member
