"""Text from outside (a key, a cell, a cause) on its way into a line of ours."""

from __future__ import annotations

import unicodedata

# As much of a warning as a run hands on: a state's input has room for 256 KB, and people for less.
WARNING_CHARACTERS = 1000
# Controls, line and paragraph separators, code points that no character has, lone surrogates.
UNSPEAKABLE = ("Cc", "Zl", "Zp", "Cn", "Cs")


def one_line(text: str) -> str:
    r"""The text with everything that does not print written as an escape, such as \n or \u202e.

    So a key, a cell or a cause never writes a line of its own into a notice, and hides nothing in one.
    """
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)


def cut(text: str, length: int) -> str:
    """The text, or its beginning and how much of it is missing."""
    return text if len(text) <= length else f"{text[:length]} ... ({len(text) - length} more characters)"


def unspeakable(text: str) -> str | None:
    """The first character that is no text at all: a control, a separator of lines, or none that Unicode knows."""
    return next((character for character in text if unicodedata.category(character) in UNSPEAKABLE), None)
