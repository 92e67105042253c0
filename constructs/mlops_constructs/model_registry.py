"""The registry of a model's versions, and the log group of its endpoint."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from mlops_constructs.log_group import log_group


class ModelRegistry(Construct):
    """Resources that one model needs before its first run."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        model: str,
        name: str,
        encryption_key: kms.IKey,
        log_retention_days: int,
        keep_on_delete: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        group = sagemaker.CfnModelPackageGroup(
            self,
            "PackageGroup",
            model_package_group_name=name,
            # Never the model's own description: with another one the group would be replaced, and its versions lost.
            model_package_group_description=f"Versions of the model {model}",
        )
        group.apply_removal_policy(RemovalPolicy.RETAIN if keep_on_delete else RemovalPolicy.DESTROY)
        self.package_group_name = name
        self.endpoint_name = name
        # SageMaker finds the group of an endpoint by its name; made here it is encrypted and forgets in time.
        self.endpoint_log_group = f"/aws/sagemaker/Endpoints/{name}"
        log_group(
            self,
            "EndpointLogs",
            retention_days=log_retention_days,
            encryption_key=encryption_key,
            name=self.endpoint_log_group,
        )
