"""One call of the command line: which stage, whose clients, where the output goes."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config

from commands.screen import Screen

Connect = Callable[[str], Any]
RETRIES = Config(retries={"mode": "standard", "max_attempts": 4}, connect_timeout=10, read_timeout=70)


@dataclass(frozen=True)
class Session:
    """The stage, clients and screen that every command is given."""

    stage: str
    prefix: str
    screen: Screen
    connect: Connect
    environment: Mapping[str, str] | None = None
    """How child processes reach a rehearsal; None on AWS."""
    _clients: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def rehearsed(self) -> bool:
        """Tell whether this is a rehearsal, which has no quotas and no neighbours."""
        return self.environment is not None

    def client(self, service: str) -> Any:
        """The client of a service, made once."""
        if service not in self._clients:
            self._clients[service] = self.connect(service)
        return self._clients[service]


def connector(environment: Mapping[str, str] | None) -> Connect:
    """Clients of the caller's own credentials, or of the rehearsal's."""
    if environment is None:
        # The CDK heeds AWS_REGION and boto3 does not: both must mean the same region, above all in a destroy.
        return lambda service: boto3.client(service, region_name=os.environ.get("AWS_REGION"), config=RETRIES)
    return lambda service: boto3.client(
        service,
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        region_name=environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION"),
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        config=RETRIES,
    )
