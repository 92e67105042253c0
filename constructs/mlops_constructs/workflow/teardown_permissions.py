"""Permissions of the teardown function: only on names with the platform's prefix, only on what it is told to empty."""

from collections.abc import Sequence

from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3

from mlops_constructs.statements import allow, arn
from mlops_constructs.workflow.permissions import sagemaker

LISTS = (
    "events:ListRules",
    "lambda:ListEventSourceMappings",
    "states:ListStateMachines",
    "sagemaker:ListTrainingJobs",
    "sagemaker:ListTransformJobs",
    "sagemaker:ListEndpoints",
    "sagemaker:ListEndpointConfigs",
    "sagemaker:ListModels",
    "sagemaker:ListModelPackageGroups",
    "application-autoscaling:DescribeScalableTargets",
    "cloudwatch:DescribeAlarms",
    "ec2:DescribeNetworkInterfaces",
)
STUDIO_LISTS = (
    "sagemaker:ListDomains",
    "sagemaker:ListApps",
    "sagemaker:ListSpaces",
    "sagemaker:ListUserProfiles",
    "ec2:DescribeSecurityGroups",
)


def quieting(prefix: str) -> list[iam.PolicyStatement]:
    """Stop what starts and what runs."""
    return [
        allow(LISTS, "*"),
        allow(["events:DisableRule"], arn("events", f"rule/{prefix}-*")),
        allow(
            ["lambda:UpdateEventSourceMapping"],
            arn("lambda", "event-source-mapping:*"),
            ArnLike={"lambda:FunctionArn": arn("lambda", f"function:{prefix}-*")},
        ),
        allow(["states:ListExecutions"], arn("states", f"stateMachine:{prefix}-*")),
        allow(["states:StopExecution"], arn("states", f"execution:{prefix}-*:*")),
        allow(["sagemaker:StopTrainingJob"], sagemaker("training-job", f"{prefix}-*")),
        allow(["sagemaker:StopTransformJob"], sagemaker("transform-job", f"{prefix}-*")),
    ]


def serving(prefix: str) -> list[iam.PolicyStatement]:
    """Delete endpoints and all that belongs to them, and registry entries."""
    return [
        allow(
            ["application-autoscaling:DeregisterScalableTarget"],
            arn("application-autoscaling", "scalable-target/*"),
            StringEquals={"application-autoscaling:service-namespace": "sagemaker"},
        ),
        allow(["sagemaker:DeleteEndpoint"], sagemaker("endpoint", f"{prefix}-*")),
        allow(["sagemaker:DeleteEndpointConfig"], sagemaker("endpoint-config", f"{prefix}-*")),
        allow(["sagemaker:DeleteModel"], sagemaker("model", f"{prefix}-*")),
        allow(["cloudwatch:DeleteAlarms"], arn("cloudwatch", f"alarm:{prefix}-*")),
        allow(
            ["sagemaker:ListModelPackages", "sagemaker:DeleteModelPackage"],
            sagemaker("model-package-group", f"{prefix}-*"),
            sagemaker("model-package", f"{prefix}-*/*"),
        ),
    ]


def contents(buckets: Sequence[s3.IBucket], repositories: Sequence[ecr.IRepository]) -> list[iam.PolicyStatement]:
    """Empty exactly these."""
    statements = []
    if buckets:
        holders = [bucket.bucket_arn for bucket in buckets]
        objects = [f"{holder}/*" for holder in holders]
        statements += [
            allow(["s3:ListBucketVersions", "s3:ListBucketMultipartUploads"], *holders),
            allow(["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:AbortMultipartUpload"], *objects),
        ]
    if repositories:
        holders = [repository.repository_arn for repository in repositories]
        statements.append(allow(["ecr:ListImages", "ecr:BatchDeleteImage"], *holders))
    return statements


def log_delivery(buckets: Sequence[s3.IBucket], log_bucket: s3.IBucket) -> list[iam.PolicyStatement]:
    """Let no more access logs come: turn them off where they are made, and refuse them where they arrive."""
    logged = [bucket.bucket_arn for bucket in buckets if bucket is not log_bucket]
    return [
        allow(["s3:PutBucketLogging"], *logged),
        allow(["s3:GetBucketPolicy", "s3:PutBucketPolicy"], log_bucket.bucket_arn),
    ]


def itself(function: lambda_.IFunction) -> iam.PolicyStatement:
    """Go on in another invocation: one has fifteen minutes, an endpoint may take longer."""
    return allow(["lambda:InvokeFunction"], function.function_arn)


def studio(domain_id: str) -> list[iam.PolicyStatement]:
    """Remove the domain with what people made in it, and the security groups of its file system."""
    of_this_domain = {"aws:ResourceTag/ManagedByAmazonSageMakerResource": f"*{domain_id}"}
    return [
        allow(STUDIO_LISTS, "*"),
        allow(["sagemaker:DeleteApp"], sagemaker("app", f"{domain_id}/*")),
        allow(["sagemaker:DeleteSpace"], sagemaker("space", f"{domain_id}/*")),
        allow(["sagemaker:DeleteUserProfile"], sagemaker("user-profile", f"{domain_id}/*")),
        allow(["sagemaker:DeleteDomain"], sagemaker("domain", domain_id)),
        allow(
            ["ec2:DeleteSecurityGroup", "ec2:RevokeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress"],
            arn("ec2", "security-group/*"),
            StringLike=of_this_domain,
        ),
    ]


def homes(domain_id: str, subnet_ids: Sequence[str]) -> list[iam.PolicyStatement]:
    """Take the kept file system of the domain off the network; EFS removes its interfaces in the caller's name."""
    of_this_domain = {"aws:ResourceTag/ManagedByAmazonSageMakerResource": f"*{domain_id}"}
    subnets = [arn("ec2", f"subnet/{subnet_id}") for subnet_id in subnet_ids]
    return [
        allow(["sagemaker:DescribeDomain"], sagemaker("domain", domain_id)),
        allow(
            ["elasticfilesystem:DescribeMountTargets", "elasticfilesystem:DeleteMountTarget"],
            arn("elasticfilesystem", "file-system/*"),
            StringLike=of_this_domain,
        ),
        allow(["ec2:DeleteNetworkInterface"], arn("ec2", "network-interface/*"), ArnEquals={"ec2:Subnet": subnets}),
    ]
