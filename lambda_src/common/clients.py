"""AWS clients, made once per execution environment: a warm invocation finds them ready."""

from functools import cache
from typing import Any

import boto3


@cache
def aws(service: str) -> Any:
    """The client of one service, with the runtime's region, credentials and endpoints."""
    return boto3.client(service)  # pyright: ignore[reportCallIssue, reportArgumentType]
