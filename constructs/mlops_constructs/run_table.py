"""The memory that runs share: who runs, which uploads were accepted, which model serves, what was told."""

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct


def run_table(scope: Construct, construct_id: str, *, keep: bool) -> dynamodb.Table:
    """One item per model and subject. Names and hashes only, so the service's own key is enough."""
    return dynamodb.Table(
        scope,
        construct_id,
        partition_key=dynamodb.Attribute(name="model", type=dynamodb.AttributeType.STRING),
        sort_key=dynamodb.Attribute(name="item", type=dynamodb.AttributeType.STRING),
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
        # Only what the notifier has told expires; nothing else has this attribute.
        time_to_live_attribute="expires_at",
        deletion_protection=keep,
        removal_policy=RemovalPolicy.RETAIN if keep else RemovalPolicy.DESTROY,
    )
