"""What people hear of a run that fails."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from rehearsal import people
from rehearsal.journey import stack_outputs
from rehearsal.samples import load_samples
from tests.rehearsal.conftest import Platform

pytestmark = pytest.mark.slow

MESSAGE_DEADLINE_SECONDS = 90
QUIET_SECONDS = 5


@pytest.fixture(scope="module")
def received(platform: Platform) -> Callable[[], list[str]]:
    """The messages that have reached a subscriber of the platform's topic since the last call."""
    topic_arn = stack_outputs(platform.emulator, "mlops-rehearsal-monitoring")["TopicArn"]
    sqs, sns = people.owner(platform.emulator, "sqs"), people.owner(platform.emulator, "sns")
    queue_url = sqs.create_queue(QueueName="subscriber")["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "sns.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": queue_arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
            }
        ],
    }
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"Policy": json.dumps(policy)})
    sns.subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=queue_arn)

    def receive() -> list[str]:
        found = []
        for message in sqs.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10).get("Messages", []):
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
            found.append(json.loads(message["Body"])["Message"])
        return found

    return receive


def collect(receive: Callable[[], list[str]], seconds: float, *, until_first: bool) -> list[str]:
    messages: list[str] = []
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not (until_first and messages):
        messages += receive()
        time.sleep(0.2)
    return messages


def test_a_file_that_cannot_be_right_ends_in_exactly_one_notification_naming_it(
    platform: Platform, received: Callable[[], list[str]]
) -> None:
    model = next(sample.model for sample in load_samples() if not sample.flagship)
    outputs = stack_outputs(platform.emulator, "mlops-rehearsal-storage")
    s3: Any = people.uploader(platform.emulator, data_bucket=outputs["DataBucketName"], key_arn=outputs["KeyArn"])
    s3.put_object(Bucket=outputs["DataBucketName"], Key=f"raw/{model}/nothing in it.csv", Body=b"")

    messages = collect(received, MESSAGE_DEADLINE_SECONDS, until_first=True)
    messages += collect(received, QUIET_SECONDS, until_first=False)

    assert len(messages) == 1
    assert "nothing in it.csv" in messages[0]
    assert "GateArrivals" in messages[0]
