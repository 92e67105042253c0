"""The emulator starts only as it was tested, and only for this machine."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from rehearsal.emulator import pinned, settings
from tests.emulator.conftest import ROOT, Emulator


def test_every_name_of_ministack_that_the_extension_uses_is_there() -> None:
    assert pinned.private_names(), "no module declares the names it uses"
    assert pinned.missing_names() == []


def test_the_installed_ministack_is_the_one_the_extension_was_written_for() -> None:
    assert importlib.metadata.version("ministack") == pinned.MINISTACK_VERSION == "1.5.33"


def test_another_ministack_is_refused_with_one_clear_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda _name: "1.6.0")
    with pytest.raises(pinned.WrongMinistack, match=r"ministack 1\.6\.0 is installed.*1\.5\.33"):
        pinned.check()


def test_only_the_loopback_device_is_listened_on(emulator: Emulator) -> None:
    with socket.socket() as outside:
        outside.settimeout(2)
        assert outside.connect_ex((_own_address(), emulator.port)) != 0
    with socket.create_connection(("127.0.0.1", emulator.port), timeout=2):
        pass


def test_requests_with_unknown_credentials_are_refused(emulator: Emulator) -> None:
    stranger = emulator.client("s3", {"AccessKeyId": "AKIAUNKNOWN", "SecretAccessKey": "x"})
    with pytest.raises(stranger.exceptions.ClientError, match="InvalidAccessKeyId|403"):
        stranger.list_buckets()


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({}, "REHEARSAL_HOME is not set"),
        ({"REHEARSAL_HOME": "{home}", "REHEARSAL_SPEED": "fast"}, "REHEARSAL_SPEED is 'fast'"),
        ({"REHEARSAL_HOME": "{home}", "REHEARSAL_SPEED": "0.5"}, "must be a number of at least 1"),
    ],
)
def test_a_wrong_environment_ends_the_start_with_one_line(
    variables: dict[str, str], message: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = str(tmp_path_factory.mktemp("home"))
    environment = {"PATH": os.defpath, **{key: value.format(home=home) for key, value in variables.items()}}
    ended = subprocess.run(
        [sys.executable, "-m", "rehearsal.emulator"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode != 0
    assert message in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1


def test_a_missing_interpreter_is_named_with_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REHEARSAL_LAMBDA_PYTHON", "/nowhere/python")
    with pytest.raises(settings.SettingsError, match="REHEARSAL_LAMBDA_PYTHON is '/nowhere/python'"):
        settings.lambda_python()


def _own_address() -> str:
    """An address of this machine that is not the loopback device's; 127.0.0.2 where there is none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.2"
        return str(probe.getsockname()[0])


def test_no_private_name_of_ministack_is_used_without_being_pinned() -> None:
    pinned_names = pinned.private_names()
    missing = [
        f"{path.relative_to(ROOT)} uses {module}.{name}"
        for path in sorted((ROOT / "rehearsal" / "emulator").rglob("*.py"))
        for module, name in _private_names_in(path)
        if name not in pinned_names.get(module, ())
    ]
    assert missing == []


def _private_names_in(path: Path) -> set[tuple[str, str]]:
    """(module of ministack, name with an underscore) for every such use in the file."""
    tree = ast.parse(path.read_text())
    modules: dict[str, str] = {}
    found: set[tuple[str, str]] = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("ministack"):
            continue
        for alias in node.names:
            if alias.name.startswith("_"):
                found.add((str(node.module), alias.name))
            modules[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
            continue
        if node.value.id in modules and node.attr.startswith("_") and not node.attr.startswith("__"):
            found.add((modules[node.value.id], node.attr))
    return found
