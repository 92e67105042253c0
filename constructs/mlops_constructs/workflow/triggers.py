"""The rules of one model: which events reach the starter, and as what."""

import json
from typing import Any

from aws_cdk import aws_events as events
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from mlops_constructs.workflow.values import ModelNames

ENDINGS = ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]
# The whole event, unquoted: EventBridge puts its JSON there. What it holds is the starter's to read, so that a field
# which an event does not have costs no message.
EVENT = "<aws.events.event.json>"


class Triggers(Construct):
    """Uploads, ends of training executions, approvals and, where the model has one, the schedule."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        names: ModelNames,
        data_bucket: str,
        training_machine_arn: str,
        deployment_machine_arn: str,
        schedule: str | None,
        queue: sqs.IQueue,
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(scope, construct_id)
        self._names = names
        self._queue = queue
        self._dead_letters = dead_letters
        self._rule("upload", training_machine_arn, event_pattern=uploads(data_bucket, names.model))
        self._rule("ended", training_machine_arn, event_pattern=endings(training_machine_arn))
        self._rule("approved", deployment_machine_arn, event_pattern=approvals(names.package_group))
        if schedule:
            self._rule("manual", training_machine_arn, schedule_expression=schedule)

    def _rule(self, kind: str, machine_arn: str, **when: Any) -> None:
        fixed = {"kind": kind, "model": self._names.model, "state_machine_arn": machine_arn}
        members = [*(f'"{key}":{json.dumps(value)}' for key, value in fixed.items()), f'"event":{EVENT}']
        events.CfnRule(
            self,
            kind.capitalize(),
            name=f"{self._names.prefix}-{kind}",
            state="ENABLED",
            targets=[
                events.CfnRule.TargetProperty(
                    id="Starter",
                    arn=self._queue.queue_arn,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=self._dead_letters.queue_arn),
                    input_transformer=events.CfnRule.InputTransformerProperty(
                        input_template="{" + ",".join(members) + "}"
                    ),
                )
            ],
            **when,
        )


def uploads(bucket: str, model: str) -> dict[str, Any]:
    """A file arrived for the model."""
    return {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [bucket]}, "object": {"key": [{"prefix": f"raw/{model}/"}]}},
    }


def endings(machine_arn: str) -> dict[str, Any]:
    """A training execution is over, however it ended: what arrived meanwhile may start the next one."""
    return {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"stateMachineArn": [machine_arn], "status": ENDINGS},
    }


def approvals(package_group: str) -> dict[str, Any]:
    """The approval itself changed, to approved: every other change of an approved package looks alike otherwise."""
    return {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Model Package State Change"],
        "detail": {
            "ModelPackageGroupName": [package_group],
            "ModelApprovalStatus": ["Approved"],
            "UpdatedModelPackageFields": ["ModelApprovalStatus"],
        },
    }
