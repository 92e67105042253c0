"""The one queue through which everything that may start an execution reaches the starter."""

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from mlops_constructs.dead_letter_queue import dead_letter_queue
from mlops_constructs.statements import allow, arn, service

DELIVERIES = 5
STARTER_TIMEOUT_SECONDS = 60


class Intake(Construct):
    """Queue, dead letters and the mapping that hands the messages to the starter in batches."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        rule_prefix: str,
        starter: lambda_.IFunction,
        starter_role: iam.IRole,
        batching_window_seconds: int,
    ) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = dead_letter_queue(self, "DeadLetters")
        self.queue = sqs.Queue(
            self,
            "Queue",
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            # A batch may wait for its window and be tried again by Lambda before the queue may offer it once more.
            visibility_timeout=Duration.seconds(6 * STARTER_TIMEOUT_SECONDS + batching_window_seconds),
            retention_period=Duration.days(4),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=DELIVERIES),
        )
        for queue in (self.queue, self.dead_letters):
            queue.add_to_resource_policy(_rules_may_send(queue, rule_prefix))
        receive = iam.Policy(
            self,
            "StarterReceives",
            roles=[starter_role],
            statements=[
                allow(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], self.queue.queue_arn)
            ],
        )
        self.mapping = lambda_.EventSourceMapping(
            self,
            "ToStarter",
            target=starter,
            event_source_arn=self.queue.queue_arn,
            batch_size=1000,
            max_batching_window=Duration.seconds(batching_window_seconds),
            report_batch_item_failures=True,
        )
        # Lambda tries the role on the queue while it creates the mapping.
        self.mapping.node.add_dependency(receive)


def _rules_may_send(queue: sqs.Queue, rule_prefix: str) -> iam.PolicyStatement:
    """One statement for the rules of all models: a queue's policy has room for twenty."""
    return iam.PolicyStatement(
        principals=[service("events")],
        actions=["sqs:SendMessage"],
        resources=[queue.queue_arn],
        conditions={"ArnLike": {"aws:SourceArn": arn("events", f"rule/{rule_prefix}-*")}},
    )
