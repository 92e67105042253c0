"""DLQ redrive as recorded on AWS, with the permissions that SQS documents."""

from __future__ import annotations

import base64
import json
import os
from typing import Any

import pytest

from tests.emulator.conftest import ACCOUNT, REGION, Emulator, statement, wait_until
from tests.emulator.recorded import facts, refusal

FACTS = facts("events")["move_task"]
READS = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]


@pytest.fixture
def name(emulator: Emulator) -> str:
    """A queue whose messages end in the queue `<name>-dead` when they were received once."""
    name = f"redrive-{os.urandom(4).hex()}"
    sqs = emulator.client("sqs")
    sqs.create_queue(QueueName=f"{name}-dead")
    policy = json.dumps({"deadLetterTargetArn": arn(f"{name}-dead"), "maxReceiveCount": 1})
    sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": policy})
    return name


def arn(name: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def url(emulator: Emulator, name: str) -> str:
    return str(emulator.client("sqs").get_queue_url(QueueName=name)["QueueUrl"])


def bury(emulator: Emulator, name: str, count: int) -> None:
    """Let so many messages become dead letters."""
    sqs = emulator.client("sqs")
    for number in range(count):
        sqs.send_message(QueueUrl=url(emulator, name), MessageBody=f"message {number}")
    for _ in range(2 * count):
        sqs.receive_message(QueueUrl=url(emulator, name), VisibilityTimeout=0)


def task(emulator: Emulator, name: str) -> dict[str, Any]:
    found = emulator.client("sqs").list_message_move_tasks(SourceArn=arn(f"{name}-dead"))["Results"]
    return dict(found[0]) if found else {}


def bodies(emulator: Emulator, name: str) -> set[str]:
    answer = emulator.client("sqs").receive_message(QueueUrl=url(emulator, name), MaxNumberOfMessages=10)
    return {message["Body"] for message in answer.get("Messages", [])}


@pytest.mark.parametrize("destination", ["", "elsewhere"])
def test_dead_letters_go_back_to_their_source_or_to_another_queue(
    emulator: Emulator, name: str, destination: str
) -> None:
    sqs, goal = emulator.client("sqs"), f"{name}-{destination}" if destination else name
    if destination:
        sqs.create_queue(QueueName=goal)
    bury(emulator, name, 2)
    sources = sqs.list_dead_letter_source_queues(QueueUrl=url(emulator, f"{name}-dead"))["queueUrls"]
    assert sources == [url(emulator, name)]
    asked = {"DestinationArn": arn(goal)} if destination else {}
    sqs.start_message_move_task(SourceArn=arn(f"{name}-dead"), **asked)
    wait_until(lambda: task(emulator, name).get("Status") == "COMPLETED", 5, "the redrive")
    ended = task(emulator, name)
    assert (ended["ApproximateNumberOfMessagesMoved"], ended["ApproximateNumberOfMessagesToMove"]) == (2, 2)
    assert ended.get("DestinationArn") == asked.get("DestinationArn")
    assert "TaskHandle" not in ended
    assert bodies(emulator, goal) == {"message 0", "message 1"}
    assert bodies(emulator, f"{name}-dead") == set()


def test_a_message_that_was_sent_to_the_dead_letters_has_no_source_to_go_back_to(emulator: Emulator, name: str) -> None:
    sqs = emulator.client("sqs")
    sqs.send_message(QueueUrl=url(emulator, f"{name}-dead"), MessageBody="of a rule")
    sqs.start_message_move_task(SourceArn=arn(f"{name}-dead"))
    wait_until(lambda: task(emulator, name).get("Status") == "FAILED", 5, "the redrive")
    assert bodies(emulator, f"{name}-dead") == {"of a rule"}


def test_a_running_task_is_the_only_one_and_can_be_cancelled(emulator: Emulator, name: str) -> None:
    sqs, source = emulator.client("sqs"), arn(f"{name}-dead")
    bury(emulator, name, 6)
    handle = sqs.start_message_move_task(SourceArn=source, MaxNumberOfMessagesPerSecond=1)["TaskHandle"]
    assert list(refusal(sqs.start_message_move_task, SourceArn=source)[:2]) == FACTS["second_task"]
    assert task(emulator, name)["TaskHandle"] == handle
    sqs.cancel_message_move_task(TaskHandle=handle)
    assert task(emulator, name)["Status"] == "CANCELLED"
    assert bodies(emulator, f"{name}-dead")


def test_what_sqs_refuses_is_refused_in_its_words(emulator: Emulator, name: str) -> None:
    sqs = emulator.client("sqs")
    start, cancel = sqs.start_message_move_task, sqs.cancel_message_move_task
    assert list(refusal(start, SourceArn=arn(name))[:2]) == FACTS["not_a_dead_letter_queue"]
    nowhere = {"SourceArn": arn(f"{name}-dead"), "DestinationArn": arn("nowhere")}
    assert list(refusal(start, **nowhere)[:2]) == FACTS["no_destination"]
    assert list(refusal(cancel, TaskHandle="nonsense")[:2]) == FACTS["bad_handle"]
    unknown = base64.b64encode(json.dumps({"taskId": "x", "sourceArn": arn(f"{name}-dead")}).encode()).decode()
    assert list(refusal(cancel, TaskHandle=unknown)[:2]) == FACTS["unknown_task"]


@pytest.mark.parametrize("missing", ["sqs:StartMessageMoveTask", *READS, "sqs:SendMessage"])
def test_a_redrive_needs_every_permission_that_sqs_documents(emulator: Emulator, name: str, missing: str) -> None:
    source = [action for action in ["sqs:StartMessageMoveTask", *READS] if action != missing]
    goal = [statement("sqs:SendMessage", arn(name))] if missing != "sqs:SendMessage" else []
    role = emulator.role(name, "lambda.amazonaws.com", [statement(source, arn(f"{name}-dead")), *goal])
    sqs = emulator.client("sqs", emulator.session(role))
    code, message, _status = refusal(sqs.start_message_move_task, SourceArn=arn(f"{name}-dead"))
    assert code.startswith("AccessDenied")
    assert missing.lower() in message.lower()
    emulator.allow(
        name,
        [statement(["sqs:StartMessageMoveTask", *READS], arn(f"{name}-dead")), statement("sqs:SendMessage", arn(name))],
    )
    sqs.start_message_move_task(SourceArn=arn(f"{name}-dead"))
