"""What people receive: one SQS queue that subscribes to the platform's topic, as a mailbox would."""

from __future__ import annotations

import json
import time
from typing import Any

from rehearsal import people
from rehearsal.journey import stack_outputs
from rehearsal.launcher import Emulator

QUIET_SECONDS = 4


class Inbox:
    """Every message that reached a subscriber of the topic, in the order of arrival."""

    def __init__(self, emulator: Emulator, *, stage: str) -> None:
        topic_arn = stack_outputs(emulator, f"mlops-{stage}-monitoring")["TopicArn"]
        self._sqs: Any = people.owner(emulator, "sqs")
        self._queue_url = self._sqs.create_queue(QueueName=f"subscriber-{stage}")["QueueUrl"]
        self._messages: list[str] = []
        self._subscribe(topic_arn, people.owner(emulator, "sns"))

    def about(self, text: str) -> list[str]:
        """The messages so far that mention this text, such as an execution's name or a key."""
        answer = self._sqs.receive_message(QueueUrl=self._queue_url, MaxNumberOfMessages=10)
        for message in answer.get("Messages", []):
            self._sqs.delete_message(QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"])
            self._messages.append(json.loads(message["Body"])["Message"])
        return [message for message in self._messages if text in message]

    def wait_for(self, text: str, *, deadline_seconds: float, quiet_seconds: float = QUIET_SECONDS) -> list[str]:
        """All messages that mention this text: from the first one on, a while is waited for more that must not come."""
        deadline = time.monotonic() + deadline_seconds
        while not self.about(text) and time.monotonic() < deadline:
            time.sleep(0.2)
        quiet = time.monotonic() + quiet_seconds
        while time.monotonic() < quiet:
            time.sleep(0.2)
            self.about(text)
        return self.about(text)

    def _subscribe(self, topic_arn: str, sns: Any) -> None:
        asked = self._sqs.get_queue_attributes(QueueUrl=self._queue_url, AttributeNames=["QueueArn"])
        queue_arn = asked["Attributes"]["QueueArn"]
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": queue_arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._sqs.set_queue_attributes(QueueUrl=self._queue_url, Attributes={"Policy": policy})
        sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=queue_arn)
