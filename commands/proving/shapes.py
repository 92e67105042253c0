"""Names and shapes that two accounts, two days and two runs have in common. Pure."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

# The twelve digits of a run, an ARN's account, and the names that services invent.
RUN = re.compile(r"(?<!\d)\d{12}(?!\d)")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
HASH = re.compile(r"[0-9A-F]{8}$")
# What an SDK adds about the transport, which no state reads.
TRANSPORT = ("SdkHttpMetadata", "SdkResponseMetadata")


@dataclass(frozen=True)
class Vocabulary:
    """The names of one stage, and what stands for each in a recording."""

    prefix: str
    resources: Mapping[str, str]
    """Physical name of a resource -> its logical id."""

    def plain(self, text: str) -> str:
        """The text without what differs from stage to stage and from run to run."""
        for physical in sorted(self.resources, key=len, reverse=True):
            text = text.replace(physical, f"<{logical(self.resources[physical])}>")
        text = UUID.sub("<id>", text.replace(self.prefix, "<stage>"))
        return RUN.sub("<number>", text)


def logical(identifier: str) -> str:
    """A logical id without the hash that the CDK appends."""
    return HASH.sub("", identifier)


def shape(value: Any, path: str = "$") -> dict[str, str]:
    """The type at each path of a JSON value; all entries of a list share one path."""
    if isinstance(value, Mapping):
        rows = {path: "object"}
        for key, item in value.items():
            if key not in TRANSPORT:
                rows = merged([rows, shape(item, f"{path}.{RUN.sub('<number>', key)}")])
        return rows
    if isinstance(value, list):
        return merged([{path: "list"}, *(shape(item, f"{path}[]") for item in value)])
    return {path: _type_of(value)}


def merged(shapes: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Several shapes as one: what is of two types somewhere says so."""
    rows: dict[str, set[str]] = {}
    for each in shapes:
        for path, kinds in each.items():
            rows.setdefault(path, set()).update(kinds.split(" or "))
    return {path: " or ".join(sorted(kinds)) for path, kinds in rows.items()}


def _type_of(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else "text"
