"""One DLQ redrive: what it is, and how its messages move."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from typing import Any

from ministack.core.responses import new_uuid
from ministack.services import sqs

from rehearsal.emulator import clock
from rehearsal.emulator.queue_messages import MESSAGES_PER_CALL

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.sqs": ("_queue_by_arn", "_queues_lock", "esm_wake"),
}


@dataclass
class Task:
    """One redrive and how far it is."""

    source: str
    destination: str | None
    per_second: int | None
    to_move: int
    started: int
    identifier: str = field(default_factory=new_uuid)
    moved: int = 0
    status: str = "RUNNING"
    failure: str | None = None

    @property
    def handle(self) -> str:
        """The handle that cancels the task: SQS's own holds the same two values."""
        return base64.b64encode(json.dumps({"taskId": self.identifier, "sourceArn": self.source}).encode()).decode()

    def described(self) -> dict[str, Any]:
        """The task as ListMessageMoveTasks shows it; only a running one can be cancelled."""
        shown = {
            "TaskHandle": self.handle if self.status == "RUNNING" else None,
            "Status": self.status,
            "SourceArn": self.source,
            "DestinationArn": self.destination,
            "MaxNumberOfMessagesPerSecond": self.per_second,
            "ApproximateNumberOfMessagesMoved": self.moved,
            "ApproximateNumberOfMessagesToMove": self.to_move,
            "FailureReason": self.failure,
            "StartedTimestamp": self.started,
        }
        return {name: value for name, value in shown.items() if value is not None}


def move(task: Task) -> None:
    """Move what is there, at the wished rate: on AWS, a task takes the messages that arrive meanwhile too."""
    while task.status == "RUNNING":
        moved = _move_some(task, task.per_second or MESSAGES_PER_CALL)
        if task.status == "RUNNING" and not moved:
            task.status = "COMPLETED"
        elif task.per_second:
            time.sleep(clock.shortened(1.0))


def _move_some(task: Task, count: int) -> int:
    """Move some messages and return their number; a message without a way ends the task."""
    moved = 0
    with sqs._queues_lock:
        source: dict[str, Any] = sqs._queue_by_arn(task.source) or {"messages": []}
        waiting = [m for m in source["messages"] if m.get("visible_at", 0) <= time.time()][:count]
        for message in waiting:
            arn = task.destination or (message.get("sys") or {}).get("DeadLetterQueueSourceArn")
            goal = sqs._queue_by_arn(arn) if arn else None
            if goal is None:
                task.status = "FAILED"
                task.failure = "AWS.SimpleQueueService.NonExistentQueue" if arn else "CouldNotDetermineMessageSource"
                break
            source["messages"].remove(message)
            goal["messages"].append(_as_new(message))
            moved += 1
            task.moved += 1
    sqs.esm_wake.set()
    return moved


def _as_new(message: dict[str, Any]) -> dict[str, Any]:
    """A redriven message is a new one: its retention begins again, and nobody has received it yet."""
    now = time.time()
    marks = {name: value for name, value in (message.get("sys") or {}).items() if name != "DeadLetterQueueSourceArn"}
    marks["SentTimestamp"] = str(int(now * 1000))
    return {
        **message,
        "id": new_uuid(),
        "receipt_handle": None,
        "receive_count": 0,
        "first_receive_at": None,
        "sent_at": now,
        "enqueued_at": now,
        "visible_at": now,
        "sys": marks,
    }
