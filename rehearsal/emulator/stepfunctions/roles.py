"""Permissions that a machine's role must have before the machine is created."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ministack.services import cloudwatch_logs

from rehearsal.emulator import permissions, sessions
from rehearsal.emulator.stepfunctions import jobs, resources
from rehearsal.emulator.stepfunctions.definition import tasks_in
from rehearsal.emulator.stepfunctions.errors import Refused
from rehearsal.emulator.stepfunctions.logging_configuration import destinations, group_arn, group_name, level_of
from rehearsal.emulator.stepfunctions.tasks import PRINCIPAL

SESSION = "create-state-machine"
LOG_DELIVERY_ACTIONS = (
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
)

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {"ministack.services.cloudwatch_logs": ("_log_groups",)}


def check(role_arn: str, definition: Mapping[str, Any], logging_configuration: Mapping[str, Any]) -> None:
    """Refuse a role that Step Functions cannot work with.

    Raises:
        Refused: with the error code of CreateStateMachine.
    """
    try:
        sessions.check_trust(role_arn, PRINCIPAL)
    except sessions.RoleError:
        raise Refused(
            "AccessDeniedException",
            f"Neither the global service principal {PRINCIPAL}, nor the regional one is authorized to assume the "
            f"provided role. ({role_arn})",
        ) from None
    for integration in {resources.parse(state["Resource"]) for state in tasks_in(definition)}:
        refusal = jobs.managed_rule_refusal(role_arn, integration, SESSION)
        if refusal:
            raise Refused("AccessDeniedException", refusal)
    check_logging(role_arn, logging_configuration)


def check_logging(role_arn: str, configuration: Mapping[str, Any]) -> None:
    """Refuse a log group that is not there, or a role that may not set up the delivery to it."""
    if level_of(configuration) == "OFF":
        return
    arn = group_arn(configuration)
    if destinations(configuration) != 1:
        raise Refused(
            "InvalidLoggingConfiguration", "Invalid Logging Configuration: Must specify exactly one Log Destination."
        )
    if arn is None or not arn.endswith(":*"):
        raise Refused(
            "InvalidLoggingConfiguration", "Invalid Logging Configuration: the log group's ARN must end with ':*'"
        )
    if group_name(arn) not in cloudwatch_logs._log_groups:
        raise Refused("InvalidLoggingConfiguration", "Invalid Logging Configuration: Log Destination not found.")
    session = permissions.session_arn(role_arn, SESSION)
    for action in LOG_DELIVERY_ACTIONS:
        refusal = permissions.refusal(permissions.Question(session, action, "*", {}))
        if refusal:
            message = f"The state machine IAM Role is not authorized to access the Log Destination: {refusal}"
            raise Refused("AccessDeniedException", message)
