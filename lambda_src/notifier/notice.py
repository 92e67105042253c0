"""The published message: one subject, one text."""

from dataclasses import dataclass

MAXIMUM_SUBJECT = 100
CONSOLES = {"cn": "console.amazonaws.cn", "us-gov": "console.amazonaws-us-gov.com"}


class UnreadableEvent(Exception):
    """An event that does not name what it is about; it ends in the dead letters, and their alarm tells people."""


@dataclass(frozen=True)
class Notice:
    """A message to people."""

    subject: str
    body: str


@dataclass(frozen=True)
class Platform:
    """Names that a message may use: the prefix of all names, and the models."""

    prefix: str
    models: tuple[str, ...] = ()


def printable(subject: str) -> str:
    """SNS takes at most 100 printable ASCII characters."""
    text = "".join(character if " " <= character <= "~" else "?" for character in subject)
    return text[:MAXIMUM_SUBJECT]


def platform_options(prefix: str) -> dict[str, str]:
    """Stage and name, as far as the command line needs them: without, it speaks to the stage dev of the name mlops."""
    name, _, stage = prefix.rpartition("-")
    return {"stage": stage} | ({} if name == "mlops" else {"name": name})


def console(region: str) -> str:
    """The console's host of a region."""
    domain = next((name for prefix, name in CONSOLES.items() if region.startswith(prefix)), "console.aws.amazon.com")
    return f"{region}.{domain}"
