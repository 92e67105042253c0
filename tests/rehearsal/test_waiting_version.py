"""Where a person approves, a person is told that a version waits."""

import shlex

import pytest

from tests.rehearsal.drill import Drill
from tests.rehearsal.inbox import Inbox

pytestmark = pytest.mark.slow


def test_a_version_that_waits_is_told_once_with_the_command_that_approves_it(
    drill: Drill, trained: str, drill_inbox: Inbox
) -> None:
    version = trained.rpartition("/")[2]
    # Other tests register versions of the same model.
    told = drill_inbox.wait_for(f"version {version} of {drill.sample.model} waits for an approval", deadline_seconds=60)

    [message] = told
    [command] = [line.partition(":")[2] for line in message.splitlines() if line.startswith("Approve:")]
    assert shlex.split(command) == [
        "./mlops",
        "--stage",
        drill.stage,
        "approve",
        drill.sample.model,
        "--version",
        version,
    ]
