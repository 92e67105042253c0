"""The one line that tells why a script failed."""

from __future__ import annotations

import re

MESSAGE_LIMIT = 2_000
TRACEBACK = "Traceback (most recent call last):"
FRAME = re.compile(r'^  File "[^"]*", line (\d+)')
MODULE = re.compile(r"^[\w.]+\.(?=\w+(?:: |$))")
EXCEPTION_LINE = re.compile(r"^[A-Za-z_][\w.]*(: |$)")


def error_message(stderr: str, exit_code: int) -> str:
    """The last exception of the script, as Glue shows it, or the exit code."""
    if TRACEBACK in stderr:
        lines = stderr.rsplit(TRACEBACK, 1)[1].splitlines()
        for index, line in enumerate(lines):
            if EXCEPTION_LINE.match(line):
                exception = MODULE.sub("", "\n".join(lines[index:]).strip())
                return f"Error Category: UNCLASSIFIED_ERROR; {_failed_line(lines)}{exception}"[:MESSAGE_LIMIT]
    return f"Command failed with exit code {exit_code}"


def _failed_line(lines: list[str]) -> str:
    """Where the script failed; every other category than the general one is Glue's secret."""
    frames = [found[1] for line in lines if (found := FRAME.match(line))]
    return f"Failed Line Number: {frames[0]}; " if frames else ""
