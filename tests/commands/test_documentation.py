"""docs/commands.md names what there is: every command, and no option that does not exist."""

import re
import shlex
from pathlib import Path

import pytest
import typer

from commands.app import app

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "commands.md").read_text()
BLOCKS = re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL)
LINES = [line.partition("#")[0].strip() for block in BLOCKS for line in block.splitlines()]
COMMANDS = {info.callback.__name__.replace("_", "-"): info for info in app.registered_commands if info.callback}
GLOBAL = {"--stage": 1, "--json": 0, "--name": 1, "--help": 0}


def options_of(command: str) -> set[str]:
    group = typer.main.get_command(app)
    assert hasattr(group, "commands")
    return {option for parameter in group.commands[command].params for option in parameter.opts}


def test_every_command_has_a_section() -> None:
    headings = {name.strip() for line in re.findall(r"^### (.*)$", PAGE, re.MULTILINE) for name in line.split(",")}

    assert headings == set(COMMANDS)


@pytest.mark.parametrize("line", [line for line in LINES if line.startswith("./mlops")])
def test_every_documented_line_is_a_command_with_options_that_exist(line: str) -> None:
    words = shlex.split(line.partition(" < ")[0])[1:]
    while words and words[0] in GLOBAL:
        words = words[1 + GLOBAL[words[0]] :]

    used = {word for word in words[1:] if word.startswith("--")}
    assert not words or words[0] in COMMANDS
    assert not words or used <= options_of(words[0])


def test_the_page_shows_lines() -> None:
    assert len([line for line in LINES if line.startswith("./mlops")]) > 20
