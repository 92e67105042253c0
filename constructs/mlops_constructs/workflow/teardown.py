"""Removes what the machines created before CloudFormation removes what that stands on."""

from collections.abc import Sequence

from aws_cdk import CustomResource, Duration
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from constructs import Construct, IDependable

from mlops_constructs.workflow import teardown_permissions

ONE_HOUR = 3600


class Teardown(Construct):
    """A custom resource that acts when it is deleted, which happens before anything it depends on is."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        prefix: str,
        function: lambda_.IFunction,
        role: iam.IRole,
        security_group_ids: Sequence[str],
        delete_registry: bool,
        buckets: Sequence[s3.IBucket],
        log_bucket: s3.IBucket | None,
        repositories: Sequence[ecr.IRepository],
        studio_domain_id: str | None,
        keep_studio_homes: bool,
        subnet_ids: Sequence[str],
        deleted_after_it: Sequence[IDependable],
    ) -> None:
        super().__init__(scope, construct_id)
        statements = [
            *teardown_permissions.quieting(prefix),
            *teardown_permissions.serving(prefix),
            *teardown_permissions.contents(buckets, repositories),
            *(teardown_permissions.log_delivery(buckets, log_bucket) if log_bucket else []),
            teardown_permissions.itself(function),
        ]
        if studio_domain_id:
            statements += teardown_permissions.studio(studio_domain_id)
            statements += teardown_permissions.homes(studio_domain_id, subnet_ids) if keep_studio_homes else []
        permissions = iam.Policy(self, "Permissions", roles=[role], statements=statements)
        properties = {
            "NamePrefix": prefix,
            "SecurityGroupIds": list(security_group_ids),
            "BucketNames": [bucket.bucket_name for bucket in buckets],
            **({"LogBucketName": log_bucket.bucket_name} if log_bucket else {}),
            "RepositoryNames": [repository.repository_name for repository in repositories],
            "DeleteRegistry": delete_registry,
            **(
                {"DomainId": studio_domain_id, "DeleteDomain": True, "KeepHomes": keep_studio_homes}
                if studio_domain_id
                else {}
            ),
        }
        resource = CustomResource(
            self,
            "Resource",
            resource_type="Custom::Teardown",
            service_token=function.function_arn,
            service_timeout=Duration.seconds(ONE_HOUR),
            properties=properties,
        )
        resource.node.add_dependency(permissions, *deleted_after_it)
