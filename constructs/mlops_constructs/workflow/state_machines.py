"""The two state machines, which serve all models."""

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
        self.training = LoggedMachine(
            self,
            "Training",
            name=f"{workflow.prefix}-training",
            definition=training_machine(workflow),
            role=roles.training_machine,
            permissions=roles.training_permissions,
            encryption_key=encryption_key,
            log_retention_days=log_retention_days,
        )
        self.deployment = LoggedMachine(
            self,
            "Deployment",
            name=f"{workflow.prefix}-deployment",
            definition=deployment_machine(workflow),
            role=roles.deployment_machine,
            permissions=roles.deployment_permissions,
            encryption_key=encryption_key,
            log_retention_days=log_retention_days,
        )
