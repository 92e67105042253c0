"""Tells people of versions that wait for their approval, where no machine approves."""

from typing import cast

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct


class WaitingVersions(Construct):
    """One rule on every model package of the stage that is not decided on; each is told once, by its first event."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        prefix: str,
        enabled: bool,
        function: lambda_.IFunction,
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(scope, construct_id)
        target = targets.LambdaFunction(function, dead_letter_queue=dead_letters)
        events.Rule(
            self,
            "Rule",
            description="Model versions that wait for an approval",
            enabled=enabled,
            event_pattern=events.EventPattern(
                source=["aws.sagemaker"],
                detail_type=["SageMaker Model Package State Change"],
                detail={
                    "ModelPackageGroupName": [{"prefix": f"{prefix}-"}],
                    "ModelApprovalStatus": ["PendingManualApproval"],
                },
            ),
            targets=[cast(events.IRuleTarget, target)],
        )
