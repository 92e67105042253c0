"""Fetches a security configuration as Glue does, with the session of the role that works."""

from __future__ import annotations

from typing import Any

from ministack.services import glue

from rehearsal.emulator import permissions
from rehearsal.emulator.responses import Response, json_error

ACTION = "glue:GetSecurityConfiguration"

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {"ministack.services.glue": ("_security_configs",)}


class NotRetrieved(Exception):
    """The security configuration could not be fetched; the message is Glue's."""


def retrieve(name: str | None, role_arn: str, session: str) -> None:
    """Fetch the configuration that a crawler or a job names, as its role (terraform-provider-aws#50018)."""
    if not name:
        return
    question = permissions.Question(permissions.session_arn(role_arn, session), ACTION, "*", {})
    reason = permissions.refusal(question)
    if reason is None and name not in glue._security_configs:
        reason = f"Security Configuration {name} not found."
    if reason is not None:
        raise NotRetrieved(f"Error trying to retrieve security config, error message: {reason}")


def invalid_input(problem: NotRetrieved) -> Response:
    """The answer of an operation that needed the configuration."""
    return json_error("InvalidInputException", str(problem))


def role_resource(role_arn: Any) -> str:
    """The part of a role's ARN that Glue puts into the names of log groups: role/<path><name>."""
    return str(role_arn).split(":", 5)[-1]
