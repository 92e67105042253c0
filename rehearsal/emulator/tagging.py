"""The tagging action that IAM asks for as well when a request makes something with tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Action -> (the parameter that holds the tags, the action that allows to set them). Sources: the "dependent actions"
# of the service authorization reference, or the operation's own page of the API reference, whose text is in botocore.
# tests/conformance/test_tagging.py looks each row up in both. SageMaker is asked in sagemaker/access.py.
TAGGED_AT_CREATION: dict[str, tuple[str, str]] = {
    "application-autoscaling:RegisterScalableTarget": ("Tags", "application-autoscaling:TagResource"),
    "cloudwatch:PutMetricAlarm": ("Tags", "cloudwatch:TagResource"),
    "dynamodb:CreateTable": ("Tags", "dynamodb:TagResource"),
    "ecr:CreateRepository": ("tags", "ecr:TagResource"),
    "elasticfilesystem:CreateAccessPoint": ("Tags", "elasticfilesystem:TagResource"),
    "elasticfilesystem:CreateFileSystem": ("Tags", "elasticfilesystem:TagResource"),
    "events:CreateEventBus": ("Tags", "events:TagResource"),
    "events:PutRule": ("Tags", "events:TagResource"),
    "glue:CreateCrawler": ("Tags", "glue:TagResource"),
    "glue:CreateDatabase": ("Tags", "glue:TagResource"),
    "glue:CreateJob": ("Tags", "glue:TagResource"),
    "glue:CreateTrigger": ("Tags", "glue:TagResource"),
    "iam:CreatePolicy": ("Tags", "iam:TagPolicy"),
    "iam:CreateRole": ("Tags", "iam:TagRole"),
    "iam:CreateUser": ("Tags", "iam:TagUser"),
    "kms:CreateKey": ("Tags", "kms:TagResource"),
    "kms:ReplicateKey": ("Tags", "kms:TagResource"),
    "lambda:CreateEventSourceMapping": ("Tags", "lambda:TagResource"),
    "lambda:CreateFunction": ("Tags", "lambda:TagResource"),
    "logs:CreateLogGroup": ("tags", "logs:TagResource"),
    "s3:PutObject": ("x-amz-tagging", "s3:PutObjectTagging"),
    "secretsmanager:CreateSecret": ("Tags", "secretsmanager:TagResource"),
    "sns:CreateTopic": ("Tags", "sns:TagResource"),
    "sqs:CreateQueue": ("tags", "sqs:TagQueue"),
    "ssm:PutParameter": ("Tags", "ssm:AddTagsToResource"),
    "states:CreateActivity": ("tags", "states:TagResource"),
    "states:CreateStateMachine": ("tags", "states:TagResource"),
}
# Rows that neither source bears out: asked on the safe side, so that a role has the permission if AWS asks for it.
UNSOURCED = (
    "dynamodb:CreateTable",
    "events:CreateEventBus",
    "glue:CreateCrawler",
    "glue:CreateDatabase",
    "glue:CreateJob",
    "glue:CreateTrigger",
    "iam:CreatePolicy",
    "iam:CreateRole",
    "iam:CreateUser",
    "lambda:CreateEventSourceMapping",
    "lambda:CreateFunction",
    "ssm:PutParameter",
    "states:CreateActivity",
    "states:CreateStateMachine",
)
EC2_PARAMETER, EC2_ACTION = "TagSpecification", "ec2:CreateTags"
LOG_STREAMS = ":log-stream:"


def tagging_action(action: str, document: Mapping[str, Any]) -> str | None:
    """The further action that the request needs, or None if it sets no tags."""
    parameter, tagging = TAGGED_AT_CREATION.get(action, ("", ""))
    if action.startswith("ec2:"):
        parameter, tagging = EC2_PARAMETER, EC2_ACTION
    if not parameter or action == tagging:
        return None
    given = any(
        value and (name == parameter or name.startswith((f"{parameter}.", f"{parameter}s.")))
        for name, value in document.items()
    )
    return tagging if given else None


def tagged_resource(resource_arn: str) -> str:
    """The resource that the tags will belong to: a log group, where the action itself is asked about its streams."""
    return resource_arn.removesuffix(LOG_STREAMS)
