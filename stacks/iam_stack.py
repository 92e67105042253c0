"""Roles: one per actor, with a trust policy and, but for one right of Glue's, nothing else.

Each stack gives a role what concerns the stack's own resources, in its own template, so this stack depends on no
other. Glue's right stands here because Glue uses it while it makes a crawler, and IAM needs minutes to make a
permission known everywhere. Two actors stand elsewhere, because their stack has no arrow from here: the notifier
(Monitoring) and the writer of flow logs (Network).
"""

from typing import Any, cast

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from config.settings import IamConfig
from mlops_constructs import references, statements
from mlops_constructs.role_names import name_role, name_roles
from mlops_constructs.wildcards import explain_wildcards

FUNCTIONS = {
    "write_manifest": "lists what a run works on",
    "gate": "looks at the first bytes of new files",
    "validate_data": "checks the clean data",
    "evaluate_model": "judges a candidate",
    "golden_requests": "asks an endpoint while it is updated",
    "starter": "turns events into executions",
    "teardown": "removes what the machines created",
}


class IamStack(Stack):
    """The actors. Outside this stack they are known by name."""

    def __init__(self, scope: Construct, construct_id: str, *, config: IamConfig, prefix: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self._name_prefix = f"{config.role_prefix}{prefix}-" if config.role_prefix else ""

        crawler = self._role("CrawlerRole", "glue", "Glue crawler: describes the uploads")
        etl_job = self._role("EtlJobRole", "glue", "Glue job: turns uploads into clean data")
        early = [statements.fetch_security_configuration()]
        iam.Policy(self, "GlueSecurityConfiguration", roles=[crawler, etl_job], statements=early)

        self.crawler_role_name = crawler.role_name
        self.etl_job_role_name = etl_job.role_name
        self.function_role_names = {
            name: self._role(f"{_words(name)}FunctionRole", "lambda", f"Function {name}: {task}").role_name
            for name, task in FUNCTIONS.items()
        }
        self.training_role_name = self._role(
            "TrainingRole", "sagemaker", "Training jobs: never see the hold-out"
        ).role_name
        self.serving_role_name = self._role("ServingRole", "sagemaker", "Endpoints and batch transforms").role_name
        self.studio_role_name = self._role("StudioRole", "sagemaker", "People in Studio").role_name
        self.training_machine_role_name = self._role(
            "TrainingMachineRole", "states", "The training state machines"
        ).role_name
        self.deployment_machine_role_name = self._role(
            "DeploymentMachineRole", "states", "The deployment machines"
        ).role_name

        # For every role and policy of the app, in whichever stack they stand.
        explain_wildcards(self.node.root)
        if self._name_prefix:
            name_roles(self.node.root, self._name_prefix)
        if config.permissions_boundary:
            boundary = f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:policy/{config.permissions_boundary}"
            managed = iam.ManagedPolicy.from_managed_policy_arn(self, "Boundary", boundary)
            iam.PermissionsBoundary.of(self.node.root).apply(managed)

    def _role(self, construct_id: str, service: str, description: str) -> iam.IRole:
        trusted = statements.service(service)
        role = iam.Role(self, construct_id, assumed_by=trusted, description=description)
        resource = role.node.default_child
        if self._name_prefix and isinstance(resource, iam.CfnRole):
            name_role(resource, self._name_prefix)
        references.hold(role)
        return cast(iam.IRole, role)  # see statements.service


def _words(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))
