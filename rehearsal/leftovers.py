"""Clears what a killed rehearsal could not: its processes end with it, its folder and connection file do not."""

import contextlib
import json
import os
import re
import shutil
import stat
import tempfile
from pathlib import Path

FOLDER = re.compile(r"mlops-rehearsal-(\d+)-\d+")


def home_of(port: int) -> Path:
    """Return the folder of this process's emulator on `port`; its name says whose it is."""
    return Path(tempfile.gettempdir()) / f"mlops-rehearsal-{os.getpid()}-{port}"


def clear_leftovers(connection: Path) -> list[Path]:
    """Remove the folders of our user's rehearsals whose process is gone, and the connection file of such a one.

    A process that happens to have the same number keeps a folder until it ends: then the next rehearsal removes it.
    """
    removed = [folder for folder in Path(tempfile.gettempdir()).iterdir() if _is_left_behind(folder)]
    for folder in removed:
        shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(FileNotFoundError, ValueError, KeyError, TypeError):
        if not _is_running(int(json.loads(connection.read_text())["process"])):
            connection.unlink()
            removed.append(connection)
    return removed


def _is_left_behind(folder: Path) -> bool:
    named = FOLDER.fullmatch(folder.name)
    if named is None or _is_running(int(named[1])):
        return False
    try:
        found = folder.lstat()
    except FileNotFoundError:  # another rehearsal that starts now was faster
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
