"""The messages of a dead-letter queue, and their way back."""

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from commands.errors import Refused
from commands.screen import when
from commands.session import Session
from contract.text import one_line

PER_CALL = 10
# Long enough to look at all of them and to delete them, short enough to look again soon.
HIDDEN_SECONDS = 120
POLL_SECONDS = 1.0
LONGEST = 200
ERRORS = ("ErrorMessage", "ERROR_MESSAGE", "ErrorCode", "ERROR_CODE")


@dataclass(frozen=True)
class Letter:
    """One message that was given up."""

    queue: str
    message_id: str
    sent: str
    kind: str
    about: str
    why: str
    body: str
    handle: str

    def document(self) -> dict[str, Any]:
        """The letter as JSON, for programs."""
        return {name: value for name, value in asdict(self).items() if name != "handle"}


def letters(session: Session, queue: str, url: str) -> list[Letter]:
    """Every message of the queue that nobody else is looking at; all are visible again afterwards."""
    sqs, found = session.client("sqs"), list[Letter]()
    asked = {
        "MessageAttributeNames": ["All"],
        "MessageSystemAttributeNames": ["SentTimestamp"],
        "MaxNumberOfMessages": PER_CALL,
        "VisibilityTimeout": HIDDEN_SECONDS,
    }
    while messages := sqs.receive_message(QueueUrl=url, **asked).get("Messages"):
        found += [_letter(queue, message) for message in messages]
    for letter in found:
        sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=letter.handle, VisibilityTimeout=0)
    return found


def wait_for_redrive(session: Session, dead_letters_url: str, url: str) -> int:
    """Move all messages back with SQS's own redrive, and wait for its end: how many were moved.

    The destination is named: what EventBridge could not deliver never was in a queue, and SQS could not tell where
    it belongs.
    """
    sqs = session.client("sqs")
    source = _arn(sqs, dead_letters_url)
    sqs.start_message_move_task(SourceArn=source, DestinationArn=_arn(sqs, url))
    while True:
        [task] = sqs.list_message_move_tasks(SourceArn=source, MaxResults=1)["Results"]
        moved = int(task.get("ApproximateNumberOfMessagesMoved", 0))
        if task["Status"] == "COMPLETED":
            return moved
        if task["Status"] != "RUNNING":
            reason = one_line(task.get("FailureReason", "no reason is given"))
            raise Refused(f"the redrive is {task['Status']} after {moved} messages: {reason}")
        time.sleep(POLL_SECONDS)


def _arn(sqs: Any, url: str) -> str:
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def _letter(queue: str, message: Mapping[str, Any]) -> Letter:
    sent = datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC)
    attributes = message.get("MessageAttributes", {})
    why = next((attributes[name]["StringValue"] for name in ERRORS if name in attributes), "see the log")
    kind, about = _read(message["Body"])
    return Letter(
        queue=queue,
        message_id=message["MessageId"],
        sent=when(sent),
        kind=_shown(kind),
        about=_shown(about),
        why=_shown(why),
        body=message["Body"],
        handle=message["ReceiptHandle"],
    )


def _shown(text: str) -> str:
    return one_line(text)[:LONGEST]


def _read(body: str) -> tuple[str, str]:
    """Kind and subject of a message of the intake, or of an event."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return "not understood", body
    if not isinstance(value, dict):
        return "not understood", body
    event = value["event"] if isinstance(value.get("event"), dict) else value
    detail = event["detail"] if isinstance(event.get("detail"), dict) else value
    stored = detail["object"] if isinstance(detail.get("object"), dict) else {}
    names = ("executionArn", "execution_arn", "ModelPackageArn", "package_arn", "key", "model")
    about = stored.get("key") or next((detail[name] for name in names if detail.get(name)), value.get("model", body))
    # Of an ARN only what tells one thing from another.
    short = str(about).split(":", 5)[-1] if str(about).startswith("arn:") else str(about)
    return str(value.get("kind") or event.get("detail-type") or "not understood"), short
