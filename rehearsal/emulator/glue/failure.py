"""The one line that tells why a script failed."""

from __future__ import annotations

import re

MESSAGE_LIMIT = 2_000
TRACEBACK = "Traceback (most recent call last):"
EXCEPTION_LINE = re.compile(r"^[A-Za-z_][\w.]*(: |$)")


def error_message(stderr: str, exit_code: int) -> str:
    """The last exception of the script, as Glue shows it, or the exit code."""
    if TRACEBACK in stderr:
        lines = stderr.rsplit(TRACEBACK, 1)[1].splitlines()
        for index, line in enumerate(lines):
            if EXCEPTION_LINE.match(line):
                return "\n".join(lines[index:]).strip()[:MESSAGE_LIMIT]
    return f"Command failed with exit code {exit_code}"
