"""DLQ redrive: messages go from a dead-letter queue back to where they came from, or to another queue.

Words and results as recorded on AWS (LocalStack, test_sqs_move_task); permissions as SQS's "API permissions:
actions and resource reference" lists them.
"""

from __future__ import annotations

import base64
import itertools
import json
import threading
import time
from collections import deque
from typing import Any

from ministack.services import sqs

from rehearsal.emulator import background, permissions, sessions
from rehearsal.emulator.redrive import Task, move

MOST_PER_SECOND = 500
KEPT_TASKS = 10
NO_QUEUE = "The resource that you specified for the {} parameter doesn't exist."
READS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.sqs": ("_Err", "_HANDLERS", "_get_q", "_queue_by_arn", "_queues"),
}


_tasks: dict[str, deque[Task]] = {}
_lock = threading.Lock()


def install() -> None:
    """Give SQS the four operations that ministack does not have."""
    sqs._HANDLERS.update(
        StartMessageMoveTask=start,
        ListMessageMoveTasks=list_tasks,
        CancelMessageMoveTask=cancel,
        ListDeadLetterSourceQueues=list_sources,
    )


def start(data: dict[str, Any], _url: str) -> dict[str, Any]:
    """StartMessageMoveTask."""
    source, destination = str(data.get("SourceArn", "")), data.get("DestinationArn")
    queue = _queue(source, "SourceArn")
    if destination:
        _queue(destination, "DestinationArn")
    sources = _sources(source)
    if not sources:
        raise sqs._Err("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.")
    _ask(READS, source)
    for goal in [destination] if destination else [each["attributes"]["QueueArn"] for each in sources]:
        _ask(("sqs:SendMessage",), goal)
    per_second = data.get("MaxNumberOfMessagesPerSecond")
    if per_second is not None and not 1 <= int(per_second) <= MOST_PER_SECOND:
        raise sqs._Err("InvalidParameterValue", "Value for parameter MaxNumberOfMessagesPerSecond is invalid.")
    task = Task(source, destination, per_second, len(queue["messages"]), int(time.time() * 1000))
    with _lock:
        known = _tasks.setdefault(source, deque(maxlen=KEPT_TASKS))
        if any(other.status == "RUNNING" for other in known):
            raise sqs._Err(
                "InvalidParameterValue",
                "There is already a task running."
                " Only one active task is allowed for a source queue arn at a given time.",
            )
        known.appendleft(task)
    background.run(move, task)
    return {"TaskHandle": task.handle}


def list_tasks(data: dict[str, Any], _url: str) -> dict[str, Any]:
    """ListMessageMoveTasks, newest first."""
    source = str(data.get("SourceArn", ""))
    _queue(source, "SourceArn")
    _ask(READS, source)
    wanted = int(data.get("MaxResults") or 1)
    return {"Results": [task.described() for task in itertools.islice(_tasks.get(source, ()), wanted)]}


def cancel(data: dict[str, Any], _url: str) -> dict[str, Any]:
    """CancelMessageMoveTask."""
    try:
        held = json.loads(base64.b64decode(str(data.get("TaskHandle", "")), validate=True))
        identifier, source = held["taskId"], held["sourceArn"]
    except (ValueError, KeyError, TypeError):
        raise sqs._Err("InvalidParameterValue", "Value for parameter TaskHandle is invalid.") from None
    _queue(source, "SourceArn")
    _ask(READS, source)
    for task in _tasks.get(source, ()):
        if task.identifier == identifier and task.status == "RUNNING":
            task.status = "CANCELLED"
            return {"ApproximateNumberOfMessagesMoved": task.moved}
    raise sqs._Err("ResourceNotFoundException", "Task does not exist.", 404)


def list_sources(data: dict[str, Any], url: str) -> dict[str, Any]:
    """ListDeadLetterSourceQueues; the rehearsal has too few queues for a second page."""
    queue = sqs._get_q(data.get("QueueUrl", url), "sqs:ListDeadLetterSourceQueues")
    return {"queueUrls": [source["url"] for source in _sources(queue["attributes"]["QueueArn"])]}


def _sources(dead_letters: str) -> list[dict[str, Any]]:
    found = []
    for url, queue in sqs._queues.items():
        policy = queue["attributes"].get("RedrivePolicy")
        if policy and json.loads(policy).get("deadLetterTargetArn") == dead_letters:
            found.append({**queue, "url": url})
    return found


def _queue(arn: str, parameter: str) -> dict[str, Any]:
    queue: dict[str, Any] | None = sqs._queue_by_arn(arn)
    if queue is None:
        raise sqs._Err("ResourceNotFoundException", NO_QUEUE.format(parameter), 404)
    return queue


def _ask(actions: tuple[str, ...], arn: str) -> None:
    """The operation's own permission was asked already; it needs these besides."""
    caller = sessions.current_caller_arn()
    for action in actions if caller else ():
        denied = permissions.refusal(permissions.Question(str(caller), action, arn, {}))
        if denied:
            raise sqs._Err("AccessDenied", denied, 403)
