"""Commands that a reader copies are commands that exist. What ./mlops and make can do is held elsewhere."""

import re
import shlex
from collections.abc import Iterator

import botocore.session
from botocore import xform_name

from config.environments import environment
from tests.docs.test_links import documents
from tests.synth import ROOT

BLOCK = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)
SERVICES = {"s3api": "s3"}


def aws_commands() -> Iterator[tuple[str, list[str]]]:
    """Every call of the AWS command line in a block of commands."""
    for path in documents():
        for block in BLOCK.findall(path.read_text()):
            for line in block.replace("\\\n", " ").splitlines():
                if line.startswith("aws "):
                    yield path.relative_to(ROOT).as_posix(), shlex.split(line, comments=True)


def problems(words: list[str]) -> list[str]:
    """Parts of a command that the service's own model does not know, or misses."""
    service, operation = words[1:3]
    model = botocore.session.get_session().get_service_model(SERVICES.get(service, service))
    known = {xform_name(name, "-"): name for name in model.operation_names}
    if operation not in known:
        return [f"unknown: {operation}"]
    shape = model.operation_model(known[operation]).input_shape
    members = {xform_name(name, "-") for name in shape.members} if shape else set[str]()
    required = {xform_name(name, "-") for name in shape.required_members} if shape else set[str]()
    given = {word.removeprefix("--") for word in words[3:] if word.startswith("--")}
    return [f"unknown: {name}" for name in given - members] + [f"missing: {name}" for name in required - given]


def test_every_aws_command_is_an_operation_of_its_service_with_all_that_it_requires() -> None:
    commands = list(aws_commands())

    assert commands, "no document has an aws command"
    assert [(page, words, found) for page, words in commands if (found := problems(words))] == []


def test_every_stage_of_a_command_exists() -> None:
    named = {stage for path in documents() for stage in re.findall(r"STAGE=(\w+)|stage=(\w+)", path.read_text())}

    for stage in {name for pair in named for name in pair if name}:
        assert environment(stage).stage == stage
