"""Tells people, once, of every execution that did not succeed."""

from typing import Final, cast

from aws_cdk import Aws
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from constructs import Construct

from mlops_constructs import statements
from mlops_constructs.dead_letter_queue import dead_letter_queue
from mlops_constructs.function_family import FunctionFamily

NOT_SUCCEEDED: Final = ["FAILED", "TIMED_OUT", "ABORTED"]
JOB_LOGS: Final = ("/aws/sagemaker/TrainingJobs", "/aws/sagemaker/TransformJobs")
NOTIFICATIONS: Final = "#notifications"


class Notifier(Construct):
    """Hangs on the end of executions, so that aborts and time-outs are told too. State machines know no topic."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        family: FunctionFamily,
        topic: sns.ITopic,
        data_bucket: s3.IBucket,
        run_table: dynamodb.ITable,
        encryption_key: kms.IKey,
        prefix: str,
    ) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = dead_letter_queue(self, "DeadLetters")
        executions = statements.arn("states", f"execution:{prefix}-*")
        self.function = family.asynchronous(
            "notifier",
            "Tells people what failed",
            [
                statements.allow(["states:DescribeExecution", "states:GetExecutionHistory"], executions),
                statements.allow(
                    ["logs:FilterLogEvents"], *(statements.arn("logs", f"log-group:{name}:*") for name in JOB_LOGS)
                ),
                statements.allow(["sns:Publish"], topic.topic_arn),
                statements.read_models(prefix),
                statements.list_models(prefix),
                # The report on files that no run reads: it names them, and holds no data.
                statements.read_versions(data_bucket, "refused/*"),
                statements.use_key(encryption_key),
                # What was told already. The partition is its own: nothing of any model can be read or changed.
                statements.allow(
                    [f"dynamodb:{action}" for action in ("PutItem", "UpdateItem", "DeleteItem")],
                    run_table.table_arn,
                    **{"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [NOTIFICATIONS]}},
                ),
            ],
            memory_mib=256,
            timeout_seconds=60,
            dead_letters=self.dead_letters,
        )
        machines = f"arn:{Aws.PARTITION}:states:{Aws.REGION}:{Aws.ACCOUNT_ID}:stateMachine:{prefix}-"
        target = targets.LambdaFunction(self.function, dead_letter_queue=self.dead_letters)
        events.Rule(
            self,
            "Rule",
            description="Executions of the platform that did not succeed",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                # By prefix: the machines are of another stack, which this one only knows by name.
                detail={"stateMachineArn": [{"prefix": machines}], "status": NOT_SUCCEEDED},
            ),
            targets=[cast(events.IRuleTarget, target)],
        )
