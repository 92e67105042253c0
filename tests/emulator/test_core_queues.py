"""SQS to Lambda: the batching window, large batches, partial failures, and the function's role."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator, statement, wait_until
from tests.emulator.functions import LOGS, make_function

READ = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
BATCH_LINE = "BATCH "
SOURCE = """
import json
def handler(event, context):
    bodies = [record["body"] for record in event["Records"]]
    print("BATCH " + json.dumps(bodies))
    failed = [record["messageId"] for record in event["Records"] if record["body"].startswith("bad")]
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in failed]}
"""


@dataclass(frozen=True)
class Line:
    """A queue with a function at its end."""

    emulator: Emulator
    name: str
    url: str

    def send(self, bodies: list[str]) -> None:
        """Put messages into the queue."""
        sqs = self.emulator.client("sqs")
        for start in range(0, len(bodies), 10):
            entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies[start : start + 10])]
            sqs.send_message_batch(QueueUrl=self.url, Entries=entries)

    def batches(self) -> list[list[str]]:
        """The messages that the function was given so far, batch by batch."""
        logs = self.emulator.client("logs")
        try:
            pages = logs.get_paginator("filter_log_events").paginate(logGroupName=f"/aws/lambda/{self.name}")
            lines = [event["message"] for page in pages for event in page["events"]]
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [json.loads(line[len(BATCH_LINE) :]) for line in lines if line.startswith(BATCH_LINE)]

    def waiting(self) -> int:
        """Messages in the queue, visible or not."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        sqs = self.emulator.client("sqs")
        attributes = sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        return sum(int(value) for value in attributes.values())


Build = Callable[..., Line]


@pytest.fixture
def build(emulator: Emulator) -> Build:
    def built(permissions: list[dict[str, Any]] | None = None, **mapping: Any) -> Line:
        name = f"line-{os.urandom(4).hex()}"
        allowed = [LOGS, statement(READ)] if permissions is None else permissions
        role = emulator.role(name, "lambda.amazonaws.com", allowed)
        make_function(emulator, name, role, SOURCE)
        sqs = emulator.client("sqs")
        url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "120"})["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        emulator.client("lambda").create_event_source_mapping(
            FunctionName=name, EventSourceArn=arn, FunctionResponseTypes=["ReportBatchItemFailures"], **mapping
        )
        return Line(emulator, name, url)

    return built


def test_messages_within_the_window_are_one_batch(build: Build) -> None:
    line = build(BatchSize=1000, MaximumBatchingWindowInSeconds=60)
    started = time.monotonic()
    line.send([f"message {number}" for number in range(25)])
    batches = wait_until(line.batches, 15, "a batch")
    assert [len(batch) for batch in batches] == [25]
    assert time.monotonic() - started >= 60 / 20 - 0.2


def test_a_full_batch_does_not_wait_for_the_window(build: Build) -> None:
    line = build(BatchSize=20, MaximumBatchingWindowInSeconds=300)
    started = time.monotonic()
    line.send([f"message {number}" for number in range(20)])
    batches = wait_until(line.batches, 12, "a batch")
    assert [len(batch) for batch in batches] == [20]
    assert time.monotonic() - started < 300 / 20


def test_only_reported_messages_come_back(build: Build) -> None:
    line = build(BatchSize=10, MaximumBatchingWindowInSeconds=1)
    line.send(["good 1", "bad 1", "good 2"])
    wait_until(lambda: len(line.batches()) >= 2, 20, "the failed message to come back")
    assert sorted(line.batches()[0]) == ["bad 1", "good 1", "good 2"]
    assert line.batches()[1] == ["bad 1"]
    assert line.waiting() == 1


def test_without_a_window_messages_go_at_once(build: Build) -> None:
    line = build(BatchSize=10)
    line.send(["now"])
    assert wait_until(line.batches, 8, "the batch") == [["now"]]
    wait_until(lambda: line.waiting() == 0, 5, "the message to be deleted")


@pytest.mark.parametrize("missing", READ)
def test_the_functions_role_must_be_able_to_read_the_queue(build: Build, missing: str) -> None:
    rest = [action for action in READ if action != missing]
    with pytest.raises(ClientError, match=f"does not have permissions to call {missing.split(':')[1]} on SQS"):
        build([LOGS, statement(rest)], BatchSize=10)


def test_a_role_that_loses_its_permission_gets_no_more_messages(build: Build) -> None:
    line = build(BatchSize=10)
    line.emulator.allow(line.name, [LOGS])
    line.send(["late"])

    def refused() -> bool:
        calls = line.emulator.calls()
        return any(c["action"] == "sqs:ReceiveMessage" and line.name in c["caller"] and c["error"] for c in calls)

    wait_until(refused, 10, "the refusal")
    assert line.batches() == []
    assert line.waiting() == 1


def test_the_queue_must_hide_messages_at_least_as_long_as_the_function_may_take(emulator: Emulator) -> None:
    role = emulator.role("short-queue", "lambda.amazonaws.com", [LOGS, statement(READ)])
    make_function(emulator, "short-queue", role, SOURCE, Timeout=60)
    sqs = emulator.client("sqs")
    url = sqs.create_queue(QueueName="short-queue", Attributes={"VisibilityTimeout": "30"})["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    with pytest.raises(ClientError, match="Queue visibility timeout: 30 seconds is less than Function timeout: 60"):
        emulator.client("lambda").create_event_source_mapping(FunctionName="short-queue", EventSourceArn=arn)
