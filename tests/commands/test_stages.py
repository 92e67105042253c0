"""A misspelled stage is told at once, with the stages that there are."""

from pathlib import Path

import pytest

from commands import stages
from config import environments
from tests.commands.aws import Account
from tests.commands.conftest import Mlops

KNOWN = ("dev", "prod", "staging", "drill", "rehearsal")


def test_the_stages_are_those_of_the_environments() -> None:
    assert stages.known_stages() == KNOWN
    for stage in KNOWN:
        assert environments.environment(stage).stage == stage
    with pytest.raises(ValueError, match="allowed: rehearsal, drill, dev, staging, prod"):
        environments.environment("another")


def test_an_unknown_stage_is_refused_with_the_stages_that_there_are_and_asks_nothing_of_aws(mlops: Mlops) -> None:
    account = Account()
    ended = mlops(account, "--stage", "produ", "runs")

    assert ended.code == 2
    assert ended.err == (
        "mlops: there is no stage 'produ'; config/environments.py has dev, prod, staging, drill, rehearsal\n"
    )
    assert account.calls == []


def test_the_help_lists_the_stages(mlops: Mlops) -> None:
    words = " ".join(mlops(Account(), "--help").out.replace("\u2502", " ").split())
    assert f"Which stage: {', '.join(KNOWN)}." in words


def test_environments_that_cannot_be_read_stop_nobody(tmp_path: Path) -> None:
    broken = tmp_path / "environments.py"
    broken.write_text("DEV = (")
    assert stages.known_stages(broken) == ()
    stages.check_stage("anything", ())
