"""The permissions of the machines' roles, and the starter's permission to start the machines."""

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from constructs import Construct

from mlops_constructs.statements import allow, arn, use_table
from mlops_constructs.workflow import permissions
from mlops_constructs.workflow.values import Workflow


class MachineRoles(Construct):
    """One policy for each machine."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        workflow: Workflow,
        training_machine: iam.IRole,
        deployment_machine: iam.IRole,
        starter: iam.IRole,
        run_table: dynamodb.ITable,
    ) -> None:
        super().__init__(scope, construct_id)
        self.training_machine = training_machine
        self.deployment_machine = deployment_machine
        self.training_permissions = iam.Policy(
            self,
            "Training",
            roles=[training_machine],
            statements=[*_training(workflow), use_table(run_table, "GetItem")],
        )
        self.deployment_permissions = iam.Policy(
            self,
            "Deployment",
            roles=[deployment_machine],
            statements=[*_deployment(workflow), use_table(run_table, "PutItem")],
        )
        iam.Policy(self, "Starter", roles=[starter], statements=_starter(workflow.prefix))


def _training(workflow: Workflow) -> list[iam.PolicyStatement]:
    functions, container = workflow.functions, workflow.container
    called = [functions.write_manifest, functions.gate, functions.validate_data, functions.evaluate_model]
    return [
        permissions.call_functions(called),
        *permissions.crawl_and_transform(workflow.prefix, workflow.etl_job),
        permissions.count_warnings(),
        *permissions.train_and_score(workflow.prefix),
        *permissions.register(workflow.prefix),
        permissions.hand_over([container.training_role_arn, container.serving_role_arn]),
        *permissions.every_machine(workflow.prefix),
    ]


def _deployment(workflow: Workflow) -> list[iam.PolicyStatement]:
    return [
        permissions.call_functions([workflow.functions.golden_requests]),
        *permissions.serve(workflow.prefix),
        *permissions.guard_and_scale(workflow.prefix),
        permissions.hand_over([workflow.container.serving_role_arn]),
        *permissions.every_machine(workflow.prefix),
    ]


def _starter(prefix: str) -> list[iam.PolicyStatement]:
    machines = [f"{prefix}-training", f"{prefix}-deployment"]
    return [
        allow(["states:StartExecution"], *(arn("states", f"stateMachine:{name}") for name in machines)),
        allow(["states:DescribeExecution"], *(arn("states", f"execution:{name}:*") for name in machines)),
    ]
