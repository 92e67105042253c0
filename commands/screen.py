"""Output: the result goes to stdout, everything else to stderr."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from rich.console import Console, RenderableType
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn
from rich.status import Status
from rich.table import Table
from rich.text import Text

WIDTH_WITHOUT_A_TERMINAL = 160


class Screen:
    """Tables for people, or one JSON document for programs."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._out = _console(sys.stdout)
        self._err = _console(sys.stderr)

    def note(self, text: str, style: str | None = None) -> None:
        """A line about what happens, never part of the result."""
        # A terminal is given whole words; a file or a program whole lines.
        self._err.print(Text(text, style=style or ""), soft_wrap=not self._err.is_terminal)

    def result(self, document: Any, *shown: RenderableType) -> None:
        """The result: `document` with --json, else what is `shown`."""
        if self.as_json:
            text = json.dumps(document, default=_plain, ensure_ascii=False)
            # Half a surrogate pair is no text for a stream; JSON has an escape for it.
            sys.stdout.write(text.encode("utf-8", "backslashreplace").decode() + "\n")
            sys.stdout.flush()
            return
        for renderable in shown:
            if isinstance(renderable, str):
                # Not through rich, which ends the program with an error when the reader (head) has seen enough.
                self._out.file.write(renderable + "\n")
                self._out.file.flush()
            else:
                self._out.print(renderable)

    @contextmanager
    def status(self, text: str) -> Iterator[Status]:
        """One live line for what is waited for; nothing where nobody watches."""
        with self._err.status(text) as status:
            yield status

    def progress(self) -> Progress:
        """A bar for what is sent; gone when done."""
        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        return Progress(*columns, console=self._err, transient=True)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Table:
    """Rows of plain text; nothing in them is read as markup. The last column takes the room that is left."""
    made = Table(title=title, title_justify="left", show_edge=False)
    for name in columns:
        made.add_column(name, overflow="fold", no_wrap=name != columns[-1])
    for row in rows:
        made.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    return made


def when(time: datetime) -> str:
    """A time as people read it, always in UTC, as run ids are."""
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 90:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _console(stream: Any) -> Console:
    terminal = stream.isatty()
    return Console(file=stream, highlight=False, width=None if terminal else WIDTH_WITHOUT_A_TERMINAL)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    raise TypeError(f"{type(value).__name__} is not JSON")
