"""Facts recorded on AWS, as tables with the source of each row."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

FOLDER = Path(__file__).parents[1] / "conformance" / "recorded"


def facts(name: str) -> dict[str, Any]:
    """The facts of one file."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text())


def refusal(call: Any, **parameters: Any) -> tuple[str, str, int]:
    """Code, message and status with which a call is refused."""
    try:
        call(**parameters)
    except ClientError as error:
        response = error.response
        return response["Error"]["Code"], response["Error"]["Message"], response["ResponseMetadata"]["HTTPStatusCode"]
    raise AssertionError(f"{parameters} was accepted")
