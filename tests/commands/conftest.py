"""The command line, with an account of prepared answers."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from commands import app as entry
from commands import follow, letters, rehearsed
from tests.commands.aws import Account


@dataclass(frozen=True)
class Ended:
    """The end of a command as a shell sees it."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)


Mlops = Callable[..., Ended]


@pytest.fixture
def mlops(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Mlops:
    """Run `./mlops ...` in this process against an account."""
    monkeypatch.setattr(follow, "POLL_SECONDS", 0.0)
    monkeypatch.setattr(letters, "POLL_SECONDS", 0.0)
    # A rehearsal may be waiting on the machine that runs the tests.
    monkeypatch.setattr(rehearsed.rehearsed_environment, "__kwdefaults__", {"environment": {}, "path": tmp_path / "no"})

    def run(account: Account, *arguments: str, typed: str | bytes | None = None) -> Ended:
        monkeypatch.setattr(entry, "connector", lambda _environment: account.client)
        ended = CliRunner().invoke(entry.app, list(arguments), input=typed)
        if ended.exception is not None and not isinstance(ended.exception, SystemExit):
            raise ended.exception
        return Ended(ended.exit_code, ended.stdout, ended.stderr)

    return run
