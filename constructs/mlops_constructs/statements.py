"""Permissions in the words of what they are for. They are written where the resource is used."""

from collections.abc import Sequence
from typing import Any, cast

from aws_cdk import Aws
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_s3_assets as s3_assets

from contract.run import models_path

INTERFACES_OF_FUNCTIONS = (
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
)
INTERFACES_OF_JOBS = (
    "ec2:CreateNetworkInterface",
    "ec2:CreateNetworkInterfacePermission",
    "ec2:DeleteNetworkInterface",
    "ec2:DeleteNetworkInterfacePermission",
    "ec2:DescribeDhcpOptions",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcs",
)


def service(name: str) -> iam.IPrincipal:
    """An AWS service. Python's type checkers do not see that CDK's classes keep its protocols (aws-cdk#31454)."""
    return cast(iam.IPrincipal, iam.ServicePrincipal(f"{name}.amazonaws.com"))


def allow(actions: Sequence[str], *resources: str, **conditions: Any) -> iam.PolicyStatement:
    """One statement. Its conditions are named by their operator."""
    return iam.PolicyStatement(actions=list(actions), resources=list(resources), conditions=conditions)


def arn(service: str, resource: str) -> str:
    """An ARN in this account and region."""
    return f"arn:{Aws.PARTITION}:{service}:{Aws.REGION}:{Aws.ACCOUNT_ID}:{resource}"


def read_objects(bucket: s3.IBucket, *keys: str) -> iam.PolicyStatement:
    """Read objects as they are now. Keys are patterns such as 'raw/*'."""
    return allow(["s3:GetObject"], *map(bucket.arn_for_objects, keys))


def read_versions(bucket: s3.IBucket, *keys: str) -> iam.PolicyStatement:
    """Read objects as they were when a manifest named them; what they are now is another permission."""
    return allow(["s3:GetObjectVersion"], *map(bucket.arn_for_objects, keys))


def write_objects(bucket: s3.IBucket, *keys: str) -> iam.PolicyStatement:
    """Write objects, in parts if they are large."""
    return allow(["s3:PutObject", "s3:AbortMultipartUpload"], *map(bucket.arn_for_objects, keys))


def replace_objects(bucket: s3.IBucket, *keys: str) -> iam.PolicyStatement:
    """Write objects and remove what they replace."""
    actions = ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:DeleteObject"]
    return allow(actions, *map(bucket.arn_for_objects, keys))


def list_objects(bucket: s3.IBucket, *prefixes: str) -> iam.PolicyStatement:
    """List what lies under some prefixes."""
    return allow(["s3:ListBucket"], bucket.bucket_arn, StringLike={"s3:prefix": list(prefixes)})


def list_versions(bucket: s3.IBucket, *prefixes: str) -> iam.PolicyStatement:
    """List all versions of what lies under some prefixes."""
    return allow(["s3:ListBucketVersions"], bucket.bucket_arn, StringLike={"s3:prefix": list(prefixes)})


def list_bucket(bucket: s3.IBucket) -> iam.PolicyStatement:
    """List the whole bucket. Only who may do so is told that an object is missing; others are told 'access denied'."""
    return allow(["s3:ListBucket"], bucket.bucket_arn)


def list_pending_uploads(bucket: s3.IBucket) -> iam.PolicyStatement:
    """List uploads in parts that are not complete, as Hadoop's committers do when they clean up."""
    return allow(["s3:ListBucketMultipartUploads"], bucket.bucket_arn)


def locate(bucket: s3.IBucket) -> iam.PolicyStatement:
    """Ask for the bucket's region, as Hadoop's and SageMaker's clients do first."""
    return allow(["s3:GetBucketLocation"], bucket.bucket_arn)


def read_assets(*assets: s3_assets.Asset) -> iam.PolicyStatement:
    """Read exactly these files of the bootstrap bucket."""
    return allow(["s3:GetObject"], *(asset.bucket.arn_for_objects(asset.s3_object_key) for asset in assets))


def read_archives(archive: s3_assets.Asset) -> iam.PolicyStatement:
    """Read the platform's archives in the bootstrap bucket. The key is made of the content: a policy that named it
    would change with the content, and IAM needs a while to make a change known."""
    prefix, slash, _ = archive.s3_object_key.partition("/")
    if not slash:
        raise ValueError(
            f"{archive.s3_object_key} lies behind no prefix of the platform: give the stack a bucket prefix"
        )
    return allow(["s3:GetObject"], archive.bucket.arn_for_objects(f"{prefix}/*.zip"))


def read_models(prefix: str) -> iam.PolicyStatement:
    """Read the settings of single models."""
    return allow(["ssm:GetParameter"], arn("ssm", f"parameter{models_path(prefix)}/*"))


def list_models(prefix: str) -> iam.PolicyStatement:
    """Read the settings of all models at once: of this call, the path itself is the resource."""
    return allow(["ssm:GetParametersByPath"], arn("ssm", f"parameter{models_path(prefix)}"))


def use_key(key: kms.IKey) -> iam.PolicyStatement:
    """Read and write what is encrypted with the key."""
    return allow(["kms:Decrypt", "kms:GenerateDataKey"], key.key_arn)


def work_with_key(key: kms.IKey) -> iam.PolicyStatement:
    """Read and write what is encrypted with the key, as a job: Glue and SageMaker ask for kms:Encrypt besides."""
    return allow(["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"], key.key_arn)


def read_with_key(key: kms.IKey) -> iam.PolicyStatement:
    """Read what is encrypted with the key."""
    return allow(["kms:Decrypt"], key.key_arn)


def lend_key(key: kms.IKey) -> iam.PolicyStatement:
    """Let a service attach volumes that are encrypted with the key."""
    return allow(["kms:CreateGrant"], key.key_arn, Bool={"kms:GrantIsForAWSResource": "true"})


def use_table(table: dynamodb.ITable, *actions: str) -> iam.PolicyStatement:
    """Some actions on the items of a table."""
    return allow([f"dynamodb:{action}" for action in actions], table.table_arn)


def write_log_group(log_group_arn: str) -> iam.PolicyStatement:
    """Write streams of one log group; its ARN ends in a star already."""
    return allow(["logs:CreateLogStream", "logs:PutLogEvents"], log_group_arn)


def write_service_logs(*log_groups: str) -> iam.PolicyStatement:
    """Make and write log groups that a service names itself."""
    actions = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"]
    return allow(actions, *(arn("logs", f"log-group:{log_group}") for log_group in log_groups))


def put_metrics(*namespaces: str) -> iam.PolicyStatement:
    """Publish metrics of some namespaces."""
    return allow(["cloudwatch:PutMetricData"], "*", StringLike={"cloudwatch:namespace": list(namespaces)})


def trace() -> iam.PolicyStatement:
    """Send traces."""
    return allow(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], "*")


def attach_function_to_network() -> iam.PolicyStatement:
    """Let Lambda place a function into a VPC."""
    return allow(INTERFACES_OF_FUNCTIONS, "*")


def attach_job_to_network() -> iam.PolicyStatement:
    """Let SageMaker place a job or an endpoint into a VPC."""
    return allow(INTERFACES_OF_JOBS, "*")


def pull_image(repository_arn: str) -> list[iam.PolicyStatement]:
    """Pull an image."""
    actions = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    return [allow(["ecr:GetAuthorizationToken"], "*"), allow(actions, repository_arn)]


def fetch_security_configuration() -> iam.PolicyStatement:
    """Let Glue fetch the security configuration of a crawler or a job, which it does as their role."""
    return allow(["glue:GetSecurityConfiguration"], "*")


def private_subnets() -> ec2.SubnetSelection:
    """The subnets that everything of ours runs in."""
    return ec2.SubnetSelection(subnet_group_name="private")
