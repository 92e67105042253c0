"""The platform's one key: who may use it without a policy of their own."""

from typing import Final, cast

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from mlops_constructs import statements

DELETION_WAIT_DAYS: Final = 7


class EncryptionKey(Construct):
    """A key whose policy names services only, never a role or a topic of a later stack."""

    def __init__(self, scope: Construct, construct_id: str, *, keep_on_delete: bool) -> None:
        super().__init__(scope, construct_id)
        key = kms.Key(
            self,
            "Key",
            description="Encrypts what the MLOps platform stores, logs and sends",
            enable_key_rotation=True,
            pending_window=Duration.days(DELETION_WAIT_DAYS),
            removal_policy=RemovalPolicy.RETAIN if keep_on_delete else RemovalPolicy.DESTROY,
        )
        key.add_to_resource_policy(_log_groups())
        key.add_to_resource_policy(_alarms())
        self.key = cast(kms.IKey, key)


def _log_groups() -> iam.PolicyStatement:
    """CloudWatch Logs, for log groups of this account and region."""
    return iam.PolicyStatement(
        sid="LogGroups",
        principals=[statements.service(f"logs.{Aws.REGION}")],
        actions=["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
        resources=["*"],
        conditions={
            "ArnLike": {
                "kms:EncryptionContext:aws:logs:arn": (
                    f"arn:{Aws.PARTITION}:logs:{Aws.REGION}:{Aws.ACCOUNT_ID}:log-group:*"
                )
            }
        },
    )


def _alarms() -> iam.PolicyStatement:
    """Alarms that publish to an encrypted topic: without this they deliver nothing, and say nothing."""
    return iam.PolicyStatement(
        sid="AlarmsToTopic",
        principals=[statements.service("cloudwatch")],
        actions=["kms:Decrypt", "kms:GenerateDataKey*"],
        resources=["*"],
        conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
    )
