"""A look at files before they leave this machine, in the words of the gate."""

from collections.abc import Sequence
from pathlib import Path

from commands.errors import Exit, Refused
from contract.files import HEAD_BYTES, check_head
from contract.model import Contract


def check_files(contract: Contract, files: Sequence[Path]) -> list[str]:
    """The gate's words on each file; nothing means that it would let all of them in."""
    found: list[str] = []
    for file in files:
        size = file.stat().st_size
        with file.open("rb") as opened:
            head = opened.read(HEAD_BYTES)
        for problem in check_head(contract, head, size, complete=len(head) >= size):
            place = str(file) if problem.column is None else f"{file}, column '{problem.column}'"
            found.append(f"{place}: {problem.reason}")
    return found


def keys_of(prefix: str, files: Sequence[Path]) -> dict[str, Path]:
    """The key to which each file goes.

    Raises:
        Refused: when one is no file, or two would go to the same place.
    """
    keys: dict[str, Path] = {}
    for file in files:
        if not file.is_file():
            raise Refused(f"{file} is not a file that can be read", Exit.USAGE)
        key = f"{prefix}{file.name}"
        if key in keys:
            raise Refused(f"{keys[key]} and {file} would both become {key}: rename one", Exit.USAGE)
        keys[key] = file
    return keys
