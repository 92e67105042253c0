"""Input and answer of every step of the teardown."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from botocore.exceptions import ClientError

from lambda_src.teardown.properties import Properties


class Progress(Enum):
    """The progress of a step."""

    DONE = "done"
    AGAIN = "again"  # there is more to do at once
    WAIT = "wait"  # AWS is at it; look again in a while


@dataclass
class Work:
    """The clients, the properties, and the last thing that stood in the way."""

    properties: Properties
    client: Callable[[str], Any]
    obstacle: str = ""

    def ours(self, names: Iterable[str]) -> list[str]:
        """The names that begin as ours do."""
        return [name for name in names if name.startswith(self.properties.start_of_names)]

    def waits_for(self, what: str) -> Progress:
        """Remember the obstacle, for the reason if time runs out."""
        self.obstacle = what
        return Progress.WAIT


Step = Callable[[Work], Progress]


def pages(client: Any, operation: str, key: str, **arguments: Any) -> Iterator[Any]:
    """Every entry of a paginated listing."""
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page.get(key, [])


def is_error(error: ClientError, *codes: str) -> bool:
    """Does the error have one of these codes?"""
    return error.response["Error"]["Code"] in codes
