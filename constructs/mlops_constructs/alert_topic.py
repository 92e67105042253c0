"""The one topic that people subscribe to."""

from collections.abc import Sequence
from typing import cast

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from mlops_constructs import statements


class AlertTopic(Construct):
    """Encrypted, TLS-only, and open to the account's alarms, which a topic with a policy of its own has to name."""

    def __init__(self, scope: Construct, construct_id: str, *, encryption_key: kms.IKey, emails: Sequence[str]) -> None:
        super().__init__(scope, construct_id)
        topic = sns.Topic(self, "Topic", master_key=encryption_key, enforce_ssl=True)
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsOfThisAccount",
                principals=[statements.service("cloudwatch")],
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
            )
        )
        self.topic = cast(sns.ITopic, topic)
        for email in emails:
            topic.add_subscription(cast(sns.ITopicSubscription, subscriptions.EmailSubscription(email)))
