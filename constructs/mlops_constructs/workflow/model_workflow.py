"""One model's workflow: its training machine, its deployment machine and the rules that feed them."""

from aws_cdk import aws_kms as kms
from constructs import Construct

from mlops_constructs.workflow.deployment_machine import deployment_machine
from mlops_constructs.workflow.intake import Intake
from mlops_constructs.workflow.logged_machine import LoggedMachine
from mlops_constructs.workflow.machine_roles import MachineRoles
from mlops_constructs.workflow.training_inputs import TrainingInputs
from mlops_constructs.workflow.training_machine import training_machine
from mlops_constructs.workflow.triggers import Triggers
from mlops_constructs.workflow.tuning import DeploymentSettings, TrainingSettings
from mlops_constructs.workflow.values import ModelNames, Surroundings, Workflow


class ModelWorkflow(Construct):
    """From a model's names and settings to everything that runs for it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        surroundings: Surroundings,
        names: ModelNames,
        training: TrainingSettings,
        deployment: DeploymentSettings,
        schedule: str | None,
        inputs: TrainingInputs,
        roles: MachineRoles,
        intake: Intake,
        encryption_key: kms.IKey,
        log_retention_days: int,
    ) -> None:
        super().__init__(scope, construct_id)
        workflow = Workflow(
            surroundings=surroundings,
            names=names,
            contract_uri=inputs.contract_uris[names.model],
            code_uri=inputs.code_uri,
            code_file=inputs.code_file,
            training=training,
            deployment=deployment,
        )
        self.training = LoggedMachine(
            self,
            "Training",
            name=f"{names.prefix}-training",
            definition=training_machine(workflow),
            role=roles.training_machine,
            permissions=roles.training_permissions,
            encryption_key=encryption_key,
            log_retention_days=log_retention_days,
        )
        self.deployment = LoggedMachine(
            self,
            "Deployment",
            name=f"{names.prefix}-deployment",
            definition=deployment_machine(workflow),
            role=roles.deployment_machine,
            permissions=roles.deployment_permissions,
            encryption_key=encryption_key,
            log_retention_days=log_retention_days,
        )
        self.triggers = Triggers(
            self,
            "Triggers",
            names=names,
            data_bucket=surroundings.places.data_bucket,
            training_machine_arn=self.training.arn,
            deployment_machine_arn=self.deployment.arn,
            schedule=schedule,
            queue=intake.queue,
            dead_letters=intake.dead_letters,
        )
