"""The rules that feed the starter: which events reach it, and as what."""

import json
from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_events as events
from aws_cdk import aws_sqs as sqs
from constructs import Construct

ENDINGS = ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]
# The whole event, unquoted: EventBridge puts its JSON there. What it holds is the starter's to read, so that a field
# which an event does not have costs no message.
EVENT = "<aws.events.event.json>"


class Triggers(Construct):
    """Uploads, ends of training executions and approvals, of whatever model; and the schedules of models."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        prefix: str,
        data_bucket: str,
        training_machine_arn: str,
        deployment_machine_arn: str,
        schedules: Mapping[str, str],
        queue: sqs.IQueue,
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(scope, construct_id)
        self._prefix = prefix
        self._queue = queue
        self._dead_letters = dead_letters
        self._rule("upload", training_machine_arn, event_pattern=uploads(data_bucket))
        self._rule("ended", training_machine_arn, event_pattern=endings(training_machine_arn))
        self._rule("approved", deployment_machine_arn, event_pattern=approvals(prefix))
        for model, cron in schedules.items():
            asked = {"kind": "manual", "model": model, "state_machine_arn": training_machine_arn}
            self._add(
                f"Schedule-{model}",
                f"{prefix}-{model}-schedule",
                {"input": json.dumps(asked)},
                schedule_expression=f"cron({cron})",
            )

    def _rule(self, kind: str, machine_arn: str, *, event_pattern: dict[str, Any]) -> None:
        """One rule for all models: the starter takes the model from the event."""
        fixed = {"kind": kind, "prefix": self._prefix, "state_machine_arn": machine_arn}
        members = [*(f'"{key}":{json.dumps(value)}' for key, value in fixed.items()), f'"event":{EVENT}']
        template = events.CfnRule.InputTransformerProperty(input_template="{" + ",".join(members) + "}")
        self._add(
            kind.capitalize(), f"{self._prefix}-{kind}", {"input_transformer": template}, event_pattern=event_pattern
        )

    def _add(self, construct_id: str, name: str, message: dict[str, Any], **when: Any) -> None:
        events.CfnRule(
            self,
            construct_id,
            name=name,
            targets=[
                events.CfnRule.TargetProperty(
                    id="Starter",
                    arn=self._queue.queue_arn,
                    dead_letter_config=events.CfnRule.DeadLetterConfigProperty(arn=self._dead_letters.queue_arn),
                    **message,
                )
            ],
            **when,
        )


def uploads(bucket: str) -> dict[str, Any]:
    """A file arrived."""
    return {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {"bucket": {"name": [bucket]}, "object": {"key": [{"prefix": "raw/"}]}},
    }


def endings(machine_arn: str) -> dict[str, Any]:
    """A training execution is over, however it ended: what arrived meanwhile may start the next one."""
    return {
        "source": ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        "detail": {"stateMachineArn": [machine_arn], "status": ENDINGS},
    }


def approvals(prefix: str) -> dict[str, Any]:
    """The approval itself changed, to approved: every other change of an approved package looks alike otherwise."""
    return {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Model Package State Change"],
        "detail": {
            "ModelPackageGroupName": [{"prefix": f"{prefix}-"}],
            "ModelApprovalStatus": ["Approved"],
            "UpdatedModelPackageFields": ["ModelApprovalStatus"],
        },
    }
