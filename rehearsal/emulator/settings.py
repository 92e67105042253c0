"""Folders and interpreters of the emulator: the process environment, read in one place."""

from __future__ import annotations

import os
from pathlib import Path

ACCOUNT_ID = "000000000000"
DEFAULT_REGION = "us-east-1"
DEFAULT_PORT = 4566
DEFAULT_SPEED = 20.0


class SettingsError(Exception):
    """A setting of the emulator's process environment is missing or wrong; the message names the way out."""


def port() -> int:
    """The gateway's port on the loopback address."""
    return int(os.environ.get("GATEWAY_PORT", str(DEFAULT_PORT)))


def endpoint_url() -> str:
    """The URL every client of the emulator uses."""
    return f"http://127.0.0.1:{port()}"


def region() -> str:
    """The region the emulator stands for."""
    return os.environ.get("AWS_DEFAULT_REGION") or DEFAULT_REGION


def account_id() -> str:
    """The account the emulator stands for."""
    return ACCOUNT_ID


def home() -> Path:
    """The private folder of this emulator; everything it writes is below."""
    value = os.environ.get("REHEARSAL_HOME")
    if not value:
        raise SettingsError("REHEARSAL_HOME is not set: give the emulator a private folder of its own")
    return Path(value)


def work_folder(*parts: str) -> Path:
    """A folder below the emulator's home, made if it is not there."""
    folder = home().joinpath(*parts)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def call_log() -> Path:
    """The file that holds one JSON line per authorised or refused call."""
    return work_folder() / "calls.jsonl"


def speed() -> float:
    """The factor by which a wait is shorter than on AWS."""
    value = os.environ.get("REHEARSAL_SPEED", str(DEFAULT_SPEED))
    try:
        factor = float(value)
    except ValueError:
        raise SettingsError(f"REHEARSAL_SPEED is {value!r}: it must be a number of at least 1") from None
    if factor < 1:
        raise SettingsError(f"REHEARSAL_SPEED is {value!r}: it must be a number of at least 1")
    return factor


def spark_python() -> Path:
    """The interpreter that stands for Glue's."""
    return _interpreter("REHEARSAL_SPARK_PYTHON", "Glue jobs")


def image_python() -> Path:
    """The interpreter that stands for the training and serving image's."""
    return _interpreter("REHEARSAL_IMAGE_PYTHON", "training and serving")


def lambda_python() -> Path:
    """The interpreter that stands for the Lambda runtime's: boto3 and nothing else."""
    return _interpreter("REHEARSAL_LAMBDA_PYTHON", "Lambda functions")


def java_home() -> Path:
    """The Java runtime that Spark uses."""
    value = os.environ.get("REHEARSAL_JAVA_HOME")
    if not value:
        raise SettingsError("REHEARSAL_JAVA_HOME is not set: Glue jobs need a Java 17 runtime")
    if not Path(value, "bin", "java").exists():
        raise SettingsError(f"REHEARSAL_JAVA_HOME is {value!r}: there is no bin/java in it")
    return Path(value)


def node() -> Path:
    """The Node.js that evaluates JSONata."""
    return _interpreter("REHEARSAL_NODE", "JSONata expressions")


def jsonata_package() -> Path:
    """The folder of the npm package `jsonata`."""
    value = os.environ.get("REHEARSAL_JSONATA")
    if not value:
        raise SettingsError("REHEARSAL_JSONATA is not set: state machines need the npm package jsonata")
    if not Path(value, "package.json").exists():
        raise SettingsError(f"REHEARSAL_JSONATA is {value!r}: there is no package.json in it")
    return Path(value)


def _interpreter(variable: str, purpose: str) -> Path:
    value = os.environ.get(variable)
    if not value:
        raise SettingsError(f"{variable} is not set: {purpose} need an interpreter of their own")
    if not Path(value).exists():
        raise SettingsError(f"{variable} is {value!r}: there is no such file")
    return Path(value)
