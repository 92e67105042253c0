"""The screen of a rehearsal: finished steps with their times, and the one wait that is open."""

import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.markup import escape
from rich.table import Table

Found = TypeVar("Found")
POLL_SECONDS = 0.2
NO_TIME_SECONDS = 0.05
INDENT = "    "
ROOM_FOR_TIME = len("  ✓  123456.7 s")
ROOM_FOR_SPINNER = len("⠋   ")


class WaitExpired(RuntimeError):
    """Something that was waited for did not happen before its deadline."""


class View:
    """Prints to a terminal with a live line for the open wait, to a pipe as plain lines."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)
        self._started = time.monotonic()

    def title(self, text: str) -> None:
        self.console.print(f"\n[bold]{text}[/bold]")

    def done(self, what: str, seconds: float) -> None:
        # What took no time recedes, so that the eye finds the work.
        style = "dim" if seconds < NO_TIME_SECONDS else None
        *lines, last = self._words(what, self.console.width - ROOM_FOR_TIME)
        for line in lines:
            self.console.print(f"{INDENT}{escape(line)}", soft_wrap=True, style=style)
        self.console.print(f"  [green]✓[/green] {escape(last):<50} {seconds:6.1f} s", soft_wrap=True, style=style)

    def note(self, text: str) -> None:
        for line in self._words(text, self.console.width - len(INDENT)):
            self.console.print(f"{INDENT}{line}", soft_wrap=True, markup=False)

    def _words(self, text: str, width: int) -> list[str]:
        """Lines of whole words that fit a terminal; a file or a program is given the text as it is."""
        if not self.console.is_terminal or len(text) <= width:
            return [text]
        return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)

    def failed(self, text: str) -> None:
        self.console.print(f"\n[red]{text}[/red]", soft_wrap=True)

    def table(self, title: str, columns: list[str], rows: list[list[str]]) -> None:
        table = Table(*columns, title=title, title_justify="left")
        for row in rows:
            table.add_row(*row)
        self.console.print(table)

    def total_seconds(self) -> float:
        return time.monotonic() - self._started

    @contextmanager
    def step(self, what: str) -> Iterator[Callable[[str], None]]:
        """Show `what` as open, then as done with its time; yields a function for the detail of the moment."""
        started = time.monotonic()
        with self.console.status(f"{what} …") as status:

            def show(detail: str) -> None:
                waited = f"{what} … {int(time.monotonic() - started)} s"
                room = max(self.console.width - len(waited) - ROOM_FOR_SPINNER, 0)
                status.update(f"{waited}  [dim]{escape(detail[:room])}[/dim]")

            yield show
        self.done(what, time.monotonic() - started)

    def wait(self, what: str, probe: Callable[[], Found | None], *, deadline_seconds: float) -> Found:
        """Call `probe` until it finds something; one live line says what is waited for and how long at most.

        Raises:
            WaitExpired: naming what did not happen.
        """
        started = time.monotonic()
        with self.console.status(what) as status:
            while (found := probe()) is None:
                waited = time.monotonic() - started
                if waited > deadline_seconds:
                    raise WaitExpired(f"{what}: nothing after {deadline_seconds:.0f} s")
                status.update(f"{what} … {waited:.0f} s of at most {deadline_seconds:.0f} s")
                time.sleep(POLL_SECONDS)
        return found
