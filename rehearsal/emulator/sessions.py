"""Credentials inside the emulator: what a service does, it does with the session of the role it was given."""

from __future__ import annotations

import hashlib
import os
import threading
from typing import Any

import boto3
from botocore.config import Config
from ministack.core import iam_evaluator
from ministack.services import sts

from rehearsal.emulator import permissions, settings

OWNER_KEY = "test"
CLIENT_CONFIG = Config(
    retries={"total_max_attempts": 1},
    s3={"addressing_style": "path"},
    connect_timeout=5,
    read_timeout=900,
    max_pool_connections=32,
)

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.core.iam_evaluator": ("_request_caller_arn",),
    "ministack.services.sts": ("register_session",),
}

_session = boto3.Session()
_clients: dict[tuple[str, str, str], Any] = {}
_clients_lock = threading.Lock()


class RoleError(Exception):
    """A role does not exist or does not trust the service that wants to use it."""


class PassRoleDenied(Exception):
    """The caller may not hand this role to this service."""


def role_environment(role_arn: str, service: str, session_name: str) -> dict[str, str]:
    """The AWS environment variables of a process that a service runs with a role. The role must trust the service."""
    check_trust(role_arn, service)
    return {**_base_environment(), **_open_session(role_arn, session_name)}


def role_client(service: str, role_arn: str, principal: str, session_name: str) -> Any:
    """A client of `service` with the session that `principal` (a service) holds of the role."""
    return _client(service, role_environment(role_arn, principal, session_name))


def owner_client(service: str) -> Any:
    """A client with the account owner's credentials."""
    return _client(service, {"AWS_ACCESS_KEY_ID": OWNER_KEY, "AWS_SECRET_ACCESS_KEY": OWNER_KEY})


def check_trust(role_arn: str, service: str) -> None:
    """Refuse a role that is not there or does not trust the service."""
    role = permissions.find_role(role_arn)
    if role is None:
        raise RoleError(f"The role {role_arn} does not exist")
    if not permissions.trusts(role, service):
        raise RoleError(f"{service} is not authorized to perform: sts:AssumeRole on resource: {role_arn}")


def check_pass_role(caller_arn: str | None, role_arn: str, passed_to_service: str) -> None:
    """Refuse what IAM refuses: handing a role to a service without iam:PassRole for both.

    The account owner may pass every role. A caller that is None is the emulator itself.
    """
    if caller_arn is None:
        return
    question = permissions.Question(caller_arn, "iam:PassRole", role_arn, {"iam:PassedToService": passed_to_service})
    reason = permissions.refusal(question)
    if reason is not None:
        raise PassRoleDenied(reason)


def current_caller_arn() -> str | None:
    """The sender of the request that is being handled, or None outside of a request."""
    return iam_evaluator._request_caller_arn.get() or None


def _open_session(role_arn: str, session_name: str) -> dict[str, str]:
    """Register the session's keys, which are the same each time for one role and session name."""
    name = session_name[:64]
    role = permissions.find_role(role_arn) or {}
    digest = hashlib.sha256(f"{role_arn}/{name}".encode()).hexdigest()
    key, secret, token = f"ASIA{digest[:16].upper()}", digest[:40], digest
    sts.register_session(
        key,
        {
            "Arn": permissions.session_arn(role_arn, name),
            "UserId": f"{role.get('RoleId', '')}:{name}",
            "SecretAccessKey": secret,
            "SessionToken": token,
        },
    )
    return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": token}


def _base_environment() -> dict[str, str]:
    return {
        "AWS_DEFAULT_REGION": settings.region(),
        "AWS_REGION": settings.region(),
        "AWS_ENDPOINT_URL": settings.endpoint_url(),
        "AWS_ENDPOINT_URL_S3": settings.endpoint_url(),
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


def _client(service: str, environment: dict[str, str]) -> Any:
    """One client per service and session: making one costs more than most calls."""
    wanted = (service, environment["AWS_ACCESS_KEY_ID"], settings.endpoint_url())
    with _clients_lock:
        if wanted not in _clients:
            _clients[wanted] = _session.client(
                service,
                endpoint_url=settings.endpoint_url(),
                region_name=settings.region(),
                aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
                aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
                aws_session_token=environment.get("AWS_SESSION_TOKEN"),
                config=CLIENT_CONFIG,
            )
        return _clients[wanted]
