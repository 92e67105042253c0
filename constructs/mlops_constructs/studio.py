"""Studio in the private subnets: a domain, one profile, and what people may do there."""

from typing import Final

from aws_cdk import RemovalPolicy
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from mlops_constructs import statements

# Data that may be looked at without spoiling the evaluation.
READS: Final = ("raw/*", "clean/*", "runs/*", "quarantine/*", "reports/*")
OWN_ACTIONS: Final = (
    "CreateApp", "DeleteApp", "DescribeApp", "CreateSpace", "UpdateSpace", "DeleteSpace", "DescribeSpace",
    "DescribeUserProfile", "AddTags",
)  # fmt: skip
# The registry, as Studio's pages ask for it under the person's role.
REGISTRY_READS: Final = ("DescribeModelPackageGroup", "ListModelPackages", "DescribeModelPackage")
LISTS: Final = ("ListApps", "ListDomains", "ListSpaces", "ListUserProfiles", "ListModelPackageGroups")


class Studio(Construct):
    """Reachable through AWS only: no way into the VPC from outside, and none around it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        registry_prefix: str,
        user: str,
        vpc: ec2.IVpc,
        security_group: ec2.ISecurityGroup,
        role: iam.IRole,
        data_bucket: s3.IBucket,
        encryption_key: kms.IKey,
        keep_on_delete: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        permissions = iam.Policy(
            self,
            "Permissions",
            roles=[role],
            statements=[
                statements.list_objects(data_bucket, *READS),
                statements.read_objects(data_bucket, *READS),
                statements.read_with_key(encryption_key),
                statements.write_service_logs("/aws/sagemaker/studio*"),
                statements.allow([f"sagemaker:{action}" for action in LISTS], "*"),
                statements.allow(
                    [f"sagemaker:{action}" for action in REGISTRY_READS],
                    statements.arn("sagemaker", f"model-package-group/{registry_prefix}-*"),
                    statements.arn("sagemaker", f"model-package/{registry_prefix}-*/*"),
                ),
            ],
        )
        domain = sagemaker.CfnDomain(
            self,
            "Domain",
            domain_name=name,
            auth_mode="IAM",
            app_network_access_type="VpcOnly",
            vpc_id=vpc.vpc_id,
            subnet_ids=vpc.select_subnets(subnet_group_name=statements.private_subnets().subnet_group_name).subnet_ids,
            default_user_settings=sagemaker.CfnDomain.UserSettingsProperty(
                execution_role=role.role_arn, security_groups=[security_group.security_group_id]
            ),
        )
        domain.node.add_dependency(permissions)
        domain.apply_removal_policy(RemovalPolicy.RETAIN if keep_on_delete else RemovalPolicy.DESTROY)
        self.domain_id = domain.attr_domain_id
        own = iam.Policy(self, "OwnPermissions", roles=[role], statements=self._own(self.domain_id))
        profile = sagemaker.CfnUserProfile(self, "User", domain_id=self.domain_id, user_profile_name=user)
        profile.node.add_dependency(own)

    def _own(self, domain_id: str) -> list[iam.PolicyStatement]:
        """Open and close what is one's own, inside this domain."""
        kinds = [statements.arn("sagemaker", f"{kind}/{domain_id}/*") for kind in ("app", "space", "user-profile")]
        return [
            statements.allow([f"sagemaker:{action}" for action in OWN_ACTIONS], *kinds),
            statements.allow(["sagemaker:DescribeDomain"], statements.arn("sagemaker", f"domain/{domain_id}")),
        ]
