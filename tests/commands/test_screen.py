"""Notes: whole words for a terminal, whole lines for a file or a program."""

import io
import os
from collections.abc import Iterator

import pytest

from commands import screen

NOTE = "sent churn.csv to s3://mlops-dev-storage-data-1234567890ab/raw/churn/2026/11/27/churn.csv, which starts a run"


class Terminal(io.StringIO):
    """A stream that calls itself a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def columns(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(os.environ, "COLUMNS", "80")
    monkeypatch.setitem(os.environ, "TERM", "xterm")
    yield


@pytest.mark.parametrize(("stream", "lines"), [(Terminal(), 3), (io.StringIO(), 1)], ids=["terminal", "file"])
def test_a_note_is_broken_between_words_and_on_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, lines: int
) -> None:
    monkeypatch.setattr("sys.stderr", stream)
    screen.Screen(as_json=False).note(NOTE)
    written = stream.getvalue().splitlines()

    assert len(written) == lines
    assert " ".join(line.strip() for line in written) == NOTE
