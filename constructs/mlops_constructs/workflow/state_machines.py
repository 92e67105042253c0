"""The two state machines, which serve all models."""

from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from mlops_constructs.workflow.deployment_machine import deployment_machine
from mlops_constructs.workflow.logged_machine import LoggedMachine
from mlops_constructs.workflow.machine_roles import MachineRoles
from mlops_constructs.workflow.training_machine import training_machine
from mlops_constructs.workflow.values import Workflow


class StateMachines(Construct):
    """One machine trains, one deploys; which model an execution is about stands in its input."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workflow: Workflow,
        roles: MachineRoles,
        encryption_key: kms.IKey,
        log_retention_days: int,
    ) -> None:
        super().__init__(scope, construct_id)

        def made(kind: str, definition: Mapping[str, Any], role: iam.IRole, permissions: iam.Policy) -> LoggedMachine:
            return LoggedMachine(
                self,
                kind.capitalize(),
                name=f"{workflow.prefix}-{kind}",
                definition=definition,
                role=role,
                permissions=permissions,
                encryption_key=encryption_key,
                log_retention_days=log_retention_days,
            )

        self.training = made("training", training_machine(workflow), roles.training_machine, roles.training_permissions)
        self.deployment = made(
            "deployment", deployment_machine(workflow), roles.deployment_machine, roles.deployment_permissions
        )
