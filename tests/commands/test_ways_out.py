"""The commands that a mail advises are commands as they are typed."""

import re
import shlex

import pytest
import typer

from commands.app import app
from lambda_src.notifier import ways_out

ADVICE = [*ways_out.WAYS_OUT.values(), ways_out.BLAMELESS, *ways_out.BY_CLASS.values(), ways_out.TRAIN, ways_out.DEPLOY]
NAMED = sorted({line for text in ADVICE for line in re.findall(r"`mlops ([^`]+)`", text)})


@pytest.mark.parametrize("line", NAMED)
def test_an_advised_command_exists_and_has_what_it_requires(line: str) -> None:
    name, *words = shlex.split(line.format(model="churn", version="3"))
    group = typer.main.get_command(app)
    assert hasattr(group, "commands")
    parameters = group.commands[name].params

    options = {option for parameter in parameters for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options
    needed = [one for one in parameters if one.required and one.param_type_name == "option"]
    assert [one.opts for one in needed if not set(one.opts) & set(words)] == []
    assert len(words) >= sum(one.required for one in parameters)
