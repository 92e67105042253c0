"""The queue of messages that nobody could handle, until a person looks."""

from typing import Final

from aws_cdk import Duration
from aws_cdk import aws_sqs as sqs
from constructs import Construct

RETENTION_DAYS: Final = 14


def dead_letter_queue(scope: Construct, construct_id: str) -> sqs.Queue:
    """Encrypted, TLS-only, kept as long as SQS keeps anything."""
    return sqs.Queue(
        scope,
        construct_id,
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        retention_period=Duration.days(RETENTION_DAYS),
    )
