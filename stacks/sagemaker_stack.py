"""The places of training, registry and serving, and the Studio in which people look at models."""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from config.images import XGBOOST_REPOSITORY
from config.settings import ModelDeployment, SageMakerConfig
from mlops_constructs import job_permissions, references, statements
from mlops_constructs.container_image import ContainerImage
from mlops_constructs.model_registry import ModelRegistry
from mlops_constructs.studio import Studio


class SageMakerStack(Stack):
    """The registry, Studio, and what jobs and endpoints may touch. Jobs and endpoints are made by the machines."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: SageMakerConfig,
        prefix: str,
        models: Sequence[ModelDeployment],
        image_accounts: Mapping[str, str],
        vpc: ec2.IVpc,
        security_group: ec2.ISecurityGroup,
        data_bucket: s3.IBucket,
        models_bucket: s3.IBucket,
        artifacts_bucket: s3.IBucket,
        encryption_key: kms.IKey,
        training_role_name: str,
        serving_role_name: str,
        studio_role_name: str,
        **kwargs: Any,
    ) -> None:
        super().__init__(scope, construct_id, **kwargs)
        image = ContainerImage(self, "Image", accounts=image_accounts, repository=XGBOOST_REPOSITORY)
        places = job_permissions.Places(
            data_bucket=data_bucket,
            models_bucket=models_bucket,
            artifacts_bucket=artifacts_bucket,
            encryption_key=encryption_key,
            image_arn=image.repository_arn,
        )
        self._allow("Training", training_role_name, job_permissions.training(places))
        self._allow("Serving", serving_role_name, job_permissions.serving(places, prefix))

        registries = {
            model.name: ModelRegistry(
                self,
                f"Registry-{model.name}",
                model=model.name,
                name=f"{prefix}-{model.name}",
                encryption_key=encryption_key,
                log_retention_days=config.log_retention_days,
                keep_on_delete=config.keep_on_delete,
            )
            for model in models
        }
        self.endpoint_names = {name: registry.endpoint_name for name, registry in registries.items()}
        self.endpoint_log_groups = {name: registry.endpoint_log_group for name, registry in registries.items()}
        for name, registry in registries.items():
            words = "".join(part.capitalize() for part in name.split("-"))
            CfnOutput(self, f"{words}EndpointName", value=registry.endpoint_name)

        self.studio_domain_to_delete: str | None = None
        if config.studio:
            studio = Studio(
                self,
                "Studio",
                name=f"{prefix}-studio",
                registry_prefix=prefix,
                user=config.studio_user,
                vpc=vpc,
                security_group=security_group,
                role=iam.Role.from_role_name(self, "StudioRole", studio_role_name, mutable=False),
                data_bucket=data_bucket,
                encryption_key=encryption_key,
                keep_on_delete=config.keep_on_delete,
            )
            # Nothing can keep a domain without its VPC: it goes with the stacks. What people made in it need not.
            self.studio_domain_to_delete = studio.domain_id
        self.keep_studio_homes = config.keep_on_delete

        # Values of the network for those who may know this stack but not the network (ADR 9).
        subnets = vpc.select_subnets(subnet_group_name=statements.private_subnets().subnet_group_name)
        self.job_subnet_ids = tuple(
            references.hand_on(self, f"JobSubnetId{number}", subnet_id)
            for number, subnet_id in enumerate(subnets.subnet_ids, start=1)
        )
        self.job_security_group_ids = (
            references.hand_on(self, "JobSecurityGroupId", security_group.security_group_id),
        )

    def _allow(self, construct_id: str, role_name: str, allowed: Sequence[iam.PolicyStatement]) -> None:
        role = iam.Role.from_role_name(self, f"{construct_id}Role", role_name, mutable=False)
        iam.Policy(self, f"{construct_id}Permissions", roles=[role], statements=list(allowed))
