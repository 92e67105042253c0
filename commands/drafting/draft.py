"""From a CSV to the text of the first version of a model's TOML file."""

from __future__ import annotations

import re
from pathlib import Path

from commands.drafting import toml
from commands.drafting.dialect import DraftError, find_format, read_lines
from commands.drafting.model import decide
from commands.drafting.profile import profile, repeated_rows
from contract.model import MAXIMUM_NAME_LENGTH, MODEL_NAME


def draft(
    file: Path,
    *,
    target: str,
    name: str | None = None,
    problem: str | None = None,
    positive: str | None = None,
    header: bool | None = None,
    separator: str | None = None,
) -> tuple[str, str]:
    """The model's name and its TOML text.

    Raises:
        DraftError: in one line: what is wrong, and what is allowed.
    """
    chosen = name or "-".join(re.findall(r"[a-z0-9]+", file.stem.lower()))
    if not re.fullmatch(MODEL_NAME, chosen) or len(chosen) > MAXIMUM_NAME_LENGTH:
        raise DraftError(
            f"--name is {chosen!r}; allowed: lower-case words joined by hyphens, at most {MAXIMUM_NAME_LENGTH} "
            "characters, such as 'my-model'"
        )
    if file.is_dir():
        raise DraftError(f"{file}: this is a folder; allowed: one CSV file")
    if not file.is_file():
        raise DraftError(f"{file}: there is no such file")
    file_format = find_format(file, header=header, separator=separator)
    found = profile(read_lines(file), file_format)
    decided = decide(found, file_format, name=chosen, target=target, problem=problem, positive=positive)
    left_out = {place for place, column in enumerate(found.columns) if column.name in decided.ignored}
    repeated = repeated_rows(read_lines(file), file_format, left_out)
    return chosen, toml.write(decided, file.name, repeated)
