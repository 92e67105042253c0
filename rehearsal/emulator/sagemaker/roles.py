"""The role of a job or model: its session, and S3, logs and other services under it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rehearsal.emulator import sessions
from rehearsal.emulator.sagemaker.errors import validation
from rehearsal.emulator.sagemaker.names import SERVICE_PRINCIPAL

SESSION_NAME = "SageMaker"


@dataclass(frozen=True)
class Role:
    """A role that SageMaker assumed for a job, a model or a domain."""

    arn: str

    def client(self, service: str) -> Any:
        return sessions.role_client(service, self.arn, SERVICE_PRINCIPAL, SESSION_NAME)

    def environment(self) -> dict[str, str]:
        """The variables by which a process of the container becomes this role."""
        return sessions.role_environment(self.arn, SERVICE_PRINCIPAL, SESSION_NAME)


def assume(role_arn: str) -> Role:
    """The role, if it is there and trusts SageMaker; AWS's error otherwise."""
    try:
        sessions.check_trust(role_arn, SERVICE_PRINCIPAL)
    except sessions.RoleError as error:
        raise validation(
            f"Could not assume role {role_arn}. Please ensure that the role exists and allows principal"
            f" '{SERVICE_PRINCIPAL}' to assume the role. ({error})"
        ) from error
    return Role(role_arn)
