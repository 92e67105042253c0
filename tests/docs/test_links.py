"""Goals of links in the documents exist."""

import re
from collections.abc import Iterator
from pathlib import Path

from commands.app import app
from tests.synth import ROOT
from tests.test_layout import tracked

LINK = re.compile(r"\]\(([^()\s]+)\)")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"(?:^|[`;(]\s*|\b[A-Z]+=\S+ )make ([a-z][a-z-]*)", re.MULTILINE)
TARGET = re.compile(r"^([a-z][a-z-]*):", re.MULTILINE)
MLOPS = re.compile(r"(?:\./|`)mlops(?: --json| --(?:stage|name) [a-z]+)* ([a-z][a-z-]*)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)

WAYS_OUT_FILE = ROOT / "lambda_src" / "notifier" / "ways_out.py"


def documents() -> list[Path]:
    """Every Markdown file of the repository."""
    return tracked("*.md", "**/*.md")


def links(text: str) -> Iterator[str]:
    """Links that a reader can click on: no code, no other site."""
    for target in LINK.findall(FENCE.sub("", text)):
        if not re.match(r"[a-z]+:", target):
            yield target


def anchors(text: str) -> set[str]:
    """The places within a page, as GitHub names them."""
    headings = HEADING.findall(FENCE.sub("", text))
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def broken_links(path: Path) -> Iterator[str]:
    """Links whose file or place does not exist."""
    for link in links(path.read_text()):
        file, _, place = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        if not target.exists() or (place and target.suffix == ".md" and place not in anchors(target.read_text())):
            yield f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name}: {link}"


def test_every_link_leads_to_a_file_and_a_place_in_it() -> None:
    found = [broken for path in documents() for broken in broken_links(path)]

    assert found == []


def test_a_link_to_nowhere_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("# A place `here`\n")
    page = tmp_path / "page.md"
    page.write_text("[1](there.md) [2](there.md#a-place-here) [3](gone.md) [4](there.md#elsewhere) [5](#nowhere)")

    assert [broken.rpartition(" ")[2] for broken in broken_links(page)] == ["gone.md", "there.md#elsewhere", "#nowhere"]


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(TARGET.findall((ROOT / "Makefile").read_text()))
    named = {
        (path.relative_to(ROOT).as_posix(), target)
        for path in documents()
        for target in COMMAND.findall(path.read_text())
    }

    assert {target for _path, target in named} >= {"rehearse", "deploy", "docs"}
    assert sorted((path, target) for path, target in named if target not in targets) == []


def test_every_command_of_the_command_line_that_is_named_exists() -> None:
    known = {info.callback.__name__.replace("_", "-") for info in app.registered_commands if info.callback}
    texts = {path: path.read_text() for path in documents()} | {WAYS_OUT_FILE: WAYS_OUT_FILE.read_text()}
    named = {(path.name, name) for path, text in texts.items() for name in MLOPS.findall(text)}

    assert {name for _, name in named} >= {"runs", "upload"}
    assert {(page, name) for page, name in named if name not in known} == set()
