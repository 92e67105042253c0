"""Tells people of files that no model reads: nothing that is uploaded is dropped silently.

The rule passes uploads of every model: a pattern that named the models would outgrow what a rule may hold.
"""

from typing import Final, cast

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

# What the platform itself writes into the data bucket, but for refused/: what lies there is to be told.
WRITTEN: Final = ("runs/", "clean/", "heldout/", "evaluation/", "quarantine/", "reports/")


class LostFiles(Construct):
    """One rule on everything that the platform did not write itself; the notifier knows what the models read."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        data_bucket: s3.IBucket,
        function: lambda_.IFunction,
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(scope, construct_id)
        target = targets.LambdaFunction(function, dead_letter_queue=dead_letters)
        events.Rule(
            self,
            "Rule",
            description="Files in the data bucket, for those that no model reads",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={
                    "bucket": {"name": [data_bucket.bucket_name]},
                    "object": {"key": events.Match.anything_but_prefix(*WRITTEN)},
                },
            ),
            targets=[cast(events.IRuleTarget, target)],
        )
