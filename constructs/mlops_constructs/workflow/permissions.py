"""Permissions of both machines' roles, for the calls that their states make and nothing more.

The names of jobs and models are made by the runs, so these permissions end in a wildcard behind the platform's prefix.
A few actions know no resource at all; they stand alone, with "*".
"""

from collections.abc import Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

from mlops_constructs.metrics import NAMESPACE
from mlops_constructs.statements import allow, arn, put_metrics

LOGGING = (
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
)
TRACING = (
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
)


def sagemaker(kind: str, name: str) -> str:
    """SageMaker writes the names in its ARNs in lower case; ours are."""
    return arn("sagemaker", f"{kind}/{name}")


def every_machine(prefix: str) -> list[iam.PolicyStatement]:
    """Logs and traces."""
    log_groups = arn("logs", f"log-group:/aws/vendedlogs/states/{prefix}-*")
    return [allow(LOGGING, "*"), allow(["logs:CreateLogStream"], log_groups), allow(TRACING, "*")]


def call_functions(function_arns: Sequence[str]) -> iam.PolicyStatement:
    """The functions, each by its ARN."""
    return allow(["lambda:InvokeFunction"], *function_arns)


def hand_over(role_arns: Sequence[str]) -> iam.PolicyStatement:
    """Let SageMaker work under these roles, and nobody else."""
    return allow(["iam:PassRole"], *role_arns, StringEquals={"iam:PassedToService": "sagemaker.amazonaws.com"})


def crawl_and_transform(prefix: str, etl_job: str) -> list[iam.PolicyStatement]:
    """The crawlers of all models, and the one ETL job."""
    return [
        allow(["glue:StartCrawler", "glue:GetCrawler"], arn("glue", f"crawler/{prefix}-*")),
        allow(
            ["glue:StartJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:BatchStopJobRun"],
            arn("glue", f"job/{etl_job}"),
        ),
    ]


def count_warnings() -> iam.PolicyStatement:
    """The number of a run's warnings."""
    return put_metrics(NAMESPACE)


def train_and_score(prefix: str) -> list[iam.PolicyStatement]:
    """Training and transform jobs, watched by Step Functions through rules of its own with fixed names."""
    rules = [f"rule/StepFunctionsGetEventsForSageMaker{kind}JobsRule" for kind in ("Training", "Transform")]
    return [
        allow(
            ["sagemaker:CreateTrainingJob", "sagemaker:DescribeTrainingJob", "sagemaker:StopTrainingJob"],
            sagemaker("training-job", f"{prefix}-*"),
        ),
        allow(
            ["sagemaker:CreateTransformJob", "sagemaker:DescribeTransformJob", "sagemaker:StopTransformJob"],
            sagemaker("transform-job", f"{prefix}-*"),
        ),
        allow(
            ["sagemaker:AddTags"],
            sagemaker("training-job", f"{prefix}-*"),
            sagemaker("transform-job", f"{prefix}-*"),
            sagemaker("model", f"{prefix}-*"),
        ),
        allow(["sagemaker:ListTags"], "*"),
        allow(["sagemaker:CreateModel", "sagemaker:DeleteModel"], sagemaker("model", f"{prefix}-*")),
        allow(["events:PutTargets", "events:PutRule", "events:DescribeRule"], *(arn("events", rule) for rule in rules)),
    ]


def register(prefix: str) -> list[iam.PolicyStatement]:
    """Versions in the groups of the platform. A group is asked about only when a version is made in it."""
    packages = sagemaker("model-package", f"{prefix}-*/*")
    return [
        allow(["sagemaker:CreateModelPackage"], sagemaker("model-package-group", f"{prefix}-*"), packages),
        allow(["sagemaker:UpdateModelPackage", "sagemaker:DescribeModelPackage"], packages),
    ]


def serve(prefix: str) -> list[iam.PolicyStatement]:
    """Models, configurations and endpoints of the platform."""
    endpoints, configs = sagemaker("endpoint", f"{prefix}-*"), sagemaker("endpoint-config", f"{prefix}-*")
    models, packages = sagemaker("model", f"{prefix}-*"), sagemaker("model-package", f"{prefix}-*/*")
    return [
        allow(["sagemaker:ListEndpoints", "sagemaker:ListEndpointConfigs", "sagemaker:ListModels"], "*"),
        allow(["sagemaker:CreateModel", "sagemaker:DeleteModel"], models),
        # AWS's own policies for shared registries ask it of the package as well; nowhere does it say when.
        allow(["sagemaker:CreateModel"], packages),
        allow(["sagemaker:CreateEndpointConfig", "sagemaker:DeleteEndpointConfig"], configs),
        allow(["sagemaker:DescribeEndpointConfig"], configs),
        allow(["sagemaker:CreateEndpoint", "sagemaker:UpdateEndpoint"], endpoints, configs),
        allow(
            ["sagemaker:DescribeEndpoint", "sagemaker:DeleteEndpoint", "sagemaker:UpdateEndpointWeightsAndCapacities"],
            endpoints,
        ),
        allow(["sagemaker:AddTags"], models, configs, endpoints),
        allow(["sagemaker:DescribeModelPackage", "sagemaker:UpdateModelPackage"], packages),
    ]


def guard_and_scale(prefix: str) -> list[iam.PolicyStatement]:
    """The guard alarms, and autoscaling with the alarms and the service role that it brings along."""
    scaling_role = "role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/*"
    of_sagemaker = {"application-autoscaling:service-namespace": "sagemaker"}
    return [
        allow(["cloudwatch:DescribeAlarms"], "*"),
        allow(
            # Tags at creation need the permission to tag as well.
            ["cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms", "cloudwatch:TagResource"],
            arn("cloudwatch", f"alarm:{prefix}-*"),
            arn("cloudwatch", f"alarm:TargetTracking-endpoint/{prefix}-*"),
        ),
        allow(
            ["application-autoscaling:DescribeScalableTargets", "application-autoscaling:DescribeScalingPolicies"], "*"
        ),
        allow(
            [
                "application-autoscaling:RegisterScalableTarget",
                "application-autoscaling:DeregisterScalableTarget",
                "application-autoscaling:PutScalingPolicy",
            ],
            arn("application-autoscaling", "scalable-target/*"),
            StringEquals=of_sagemaker,
        ),
        allow(
            ["iam:CreateServiceLinkedRole"],
            f"arn:{Aws.PARTITION}:iam::{Aws.ACCOUNT_ID}:{scaling_role}",
            StringEquals={"iam:AWSServiceName": "sagemaker.application-autoscaling.amazonaws.com"},
        ),
    ]
