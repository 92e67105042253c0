"""The decisions are numbered without a gap, and whatever names one by its number means one that exists."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.synth import ROOT
from tests.test_layout import tracked

FOLDER = ROOT / "docs" / "adr"
# "ADR 7", "ADRs 7 and 8", "adr/0007-rules", "docs/adr/0007 and 0008".
WORDS = re.compile(r"\bADRs? (\d+(?:(?:, | and )\d+)*)")
PATHS = re.compile(r"\badr/(\d{4}(?:(?:, | and )\d{4})*)")
LINKS = re.compile(r"\[ADR (\d+)\]\((?:\S*/)?(\d{4})-")
HEADING = re.compile(r"# (\d+)\. \S")
TEXTS = (".py", ".md", ".toml", ".js", ".json", ".yml", "")


def decisions() -> dict[int, Path]:
    return {int(path.name[:4]): path for path in sorted(FOLDER.glob("*.md"))}


def named(text: str) -> Iterator[int]:
    """The numbers under which a text names decisions."""
    for found in (*WORDS.findall(text), *PATHS.findall(text)):
        yield from map(int, re.findall(r"\d+", found))


def texts() -> Iterator[tuple[str, str]]:
    for path in tracked():
        if path.suffix in TEXTS and path != Path(__file__) and "snapshots" not in path.parts:
            yield path.relative_to(ROOT).as_posix(), path.read_text()


def test_the_numbers_of_the_decisions_have_no_gap() -> None:
    assert len(decisions()) == len(list(FOLDER.glob("*.md")))
    assert list(decisions()) == list(range(1, len(decisions()) + 1))


def test_a_decision_says_its_own_number() -> None:
    for number, path in decisions().items():
        heading = HEADING.match(path.read_text())
        assert heading, path.name
        assert int(heading[1]) == number, path.name


def test_every_decision_that_is_named_exists() -> None:
    known = decisions()
    found = [(name, number) for name, text in texts() for number in named(text)]

    assert {number for _, number in found} >= {2, 11, 26}
    assert [(name, number) for name, number in found if number not in known] == []


def test_a_link_leads_to_the_decision_whose_number_it_says() -> None:
    found = [(name, said, led) for name, text in texts() for said, led in LINKS.findall(text)]

    assert len(found) > 10
    assert [link for link in found if int(link[1]) != int(link[2])] == []


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("as ADR 7 says", [7]),
        ("ADRs 7, 8 and 12", [7, 8, 12]),
        ("(docs/adr/0007 and 0008)", [7, 8]),
        ("[why](../adr/0007-rules.md)", [7]),
        ("[ADR 7](adr/0008-rules.md)", [7, 8]),
        ("a hexadr/0007, the ADR itself", []),
    ],
)
def test_a_decision_is_recognised_however_it_is_named(text: str, numbers: list[int]) -> None:
    assert list(named(text)) == numbers
