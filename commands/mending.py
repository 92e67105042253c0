"""Every row of a mended file, read as the Glue job will read it."""

from pathlib import Path

from commands.local_files import check_files
from contract.files import read_head
from contract.lines import LineError, is_blank, split_line
from contract.model import Contract
from contract.rows import Rejection, read_row


def problems_of(contract: Contract, file: Path) -> list[str]:
    """The problems that are left, by line; nothing means that every row will be accepted."""
    problems = check_files(contract, [file])
    if problems:
        return problems
    lines = [(number, line) for number, line in enumerate(read_head(file.read_bytes(), True), 1) if not is_blank(line)]
    for number, line in lines[1:] if contract.format.header else lines:
        try:
            read_row(contract, split_line(line, contract.format))
        except (LineError, Rejection) as error:
            problems.append(f"{file} line {number}: {error}")
    return problems
