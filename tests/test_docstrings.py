"""A docstring begins with a verb or a noun phrase: "Return the row's split.", never "What the row's split is."."""

import ast
from collections.abc import Iterator

import pytest

from tests.test_layout import ROOT, tracked

QUESTIONS = frozenset(
    {"What", "Whatever", "When", "Where", "Whether", "Which", "Who", "Whoever", "Whose", "Why", "How"}
)
# Rooms that are not yet swept. The list may only become shorter.
UNSWEPT = (
    "rehearsal/emulator/faults.py",
    "rehearsal/emulator/glue/",
    "rehearsal/emulator/idle_functions.py",
    "rehearsal/emulator/policies/",
    "tests/conformance/",
    "tests/rehearsal/",
)
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def questions(source: str) -> Iterator[tuple[int, str]]:
    """Docstrings that begin like a question, by line."""
    for node in ast.walk(ast.parse(source)):
        text = ast.get_docstring(node) if isinstance(node, DOCUMENTED) else None
        if text and text.split()[0].strip(",:;'\"`") in QUESTIONS:
            yield node.body[0].lineno, text.splitlines()[0]


def found() -> Iterator[tuple[str, str]]:
    """All of the repository, each with its file."""
    for path in tracked("*.py", "**/*.py"):
        name = path.relative_to(ROOT).as_posix()
        for line, text in questions(path.read_text()):
            yield name, f"{name}:{line}: {text}"


def test_no_docstring_begins_like_a_question() -> None:
    assert [place for name, place in found() if not name.startswith(UNSWEPT)] == []


def test_a_room_that_is_swept_stands_no_longer_in_the_list() -> None:
    names = {name for name, _ in found()}
    assert [room for room in UNSWEPT if not any(name.startswith(room) for name in names)] == []


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ('"""What it is."""', [1]),
        ('class A:\n    """Which, if any."""', [2]),
        ('class A:\n    def _b(self):\n        """How often."""', [3]),
        ('async def a():\n    """\n    Whether it holds.\n    """', [2]),
        ('"""The reason why."""\ndef a():\n    """Tell whether it holds."""\n    "What it is"', []),
        ('"""Whatsoever."""\ndef a(): pass', []),
    ],
)
def test_a_question_is_found_wherever_it_stands(source: str, lines: list[int]) -> None:
    assert [line for line, _ in questions(source)] == lines
