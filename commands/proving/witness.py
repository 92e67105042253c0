"""A queue that hears what the stage's own rules hear: events as they arrive, not as documents show them."""

import json
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from commands.errors import Refused, code_of
from commands.proving.shapes import merged, shape
from commands.session import Session

TARGET = "proof"
QUIET_SECONDS = 5.0
# EventBridge's user guide: it takes a short time until a new rule takes effect; SQS names 60 s for a queue's policy.
SETTLING_SECONDS = 60.0
MOST_WAITED_SECONDS = 120.0
# Their values are words of AWS, so the values are compared too, not their type alone.
WORDS = ("status", "EndpointStatus", "ModelApprovalStatus", "TrainingJobStatus", "reason", "UpdatedModelPackageFields")


class Witness:
    """The queue, and the rules that feed it."""

    def __init__(self, session: Session, queue_url: str) -> None:
        self._sqs, self._queue_url = session.client("sqs"), queue_url
        self._heard: list[dict[str, Any]] = []

    def heard(self, model: str, others: Iterable[str] = ()) -> list[dict[str, Any]]:
        """Every event that mentions the model, and not only another that has its name in theirs, once all is quiet."""
        quiet, end = time.monotonic() + QUIET_SECONDS, time.monotonic() + MOST_WAITED_SECONDS
        while time.monotonic() < min(quiet, end):
            answer = self._sqs.receive_message(QueueUrl=self._queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            for message in answer.get("Messages", []):
                self._sqs.delete_message(QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"])
                self._heard.append(json.loads(message["Body"]))
                quiet = time.monotonic() + QUIET_SECONDS
        longer = [name for name in others if model in name and name != model]
        return [event for event in self._heard if model in _without(longer, json.dumps(event))]


@contextmanager
def witness(session: Session) -> Iterator[Witness]:
    """A queue with a copy of each rule of the stage, gone when the block ends.

    A removal that is refused is told and does not end the proof, which tries again.
    """
    queue = _queue_name(session)
    sqs, events, patterns = session.client("sqs"), session.client("events"), _patterns(session)
    try:
        url = _new_queue(session, queue)
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(_policy(arn, queue))})
        for number, pattern in enumerate(patterns, start=1):
            name = f"{queue}-{number}"
            events.put_rule(Name=name, EventPattern=pattern)
            events.put_targets(Rule=name, Targets=[{"Id": TARGET, "Arn": arn}])
        if not session.rehearsed:
            session.screen.note(f"waiting {SETTLING_SECONDS:.0f} s until new rules are known everywhere")
            time.sleep(SETTLING_SECONDS)
        yield Witness(session, url)
    finally:
        try:
            remove_witness(session)
        except (ClientError, BotoCoreError) as error:
            session.screen.note(f"the queue {queue} and its rules are not taken away: {error}", style="yellow")


def _new_queue(session: Session, name: str) -> str:
    try:
        return session.client("sqs").create_queue(QueueName=name)["QueueUrl"]
    except ClientError as error:
        if "QueueDeletedRecently" in code_of(error):
            raise Refused(f"the queue {name} was deleted less than 60 s ago: prove again in a minute") from None
        raise


def remove_witness(session: Session) -> None:
    """Take away queue and rules, those of a proof that could not do so itself as well."""
    events, sqs, queue = session.client("events"), session.client("sqs"), _queue_name(session)
    for rule in _rules(session):
        if rule["Name"].startswith(f"{queue}-"):
            events.remove_targets(Rule=rule["Name"], Ids=[TARGET])
            events.delete_rule(Name=rule["Name"])
    for url in sqs.list_queues(QueueNamePrefix=queue).get("QueueUrls", []):
        if url.endswith(f"/{queue}"):
            sqs.delete_queue(QueueUrl=url)


def told(events: list[dict[str, Any]]) -> dict[str, str]:
    """The type at each path of each kind of event, and the words that AWS used in it."""
    shapes: dict[str, list[dict[str, str]]] = {}
    words: dict[str, set[str]] = {}
    for event in events:
        kind = str(event.get("detail-type"))
        shapes.setdefault(kind, []).append(shape(event))
        for word in WORDS:
            if word in event.get("detail", {}):
                words.setdefault(f"{kind}: {word}", set()).update(_texts(event["detail"][word]))
    rows = {f"{kind} {path}": found for kind, many in shapes.items() for path, found in merged(many).items()}
    return rows | {name: ", ".join(sorted(found)) for name, found in words.items()}


def _without(names: Iterable[str], text: str) -> str:
    for name in names:
        text = text.replace(name, "")
    return text


def _texts(value: Any) -> list[str]:
    return [str(entry) for entry in value] if isinstance(value, list) else [str(value)]


def _queue_name(session: Session) -> str:
    """The name of the queue, with which those of its rules begin."""
    return f"{session.prefix}-proof"


def _rules(session: Session) -> list[Mapping[str, Any]]:
    pages = session.client("events").get_paginator("list_rules").paginate(NamePrefix=f"{session.prefix}-")
    return [rule for page in pages for rule in page["Rules"]]


def _patterns(session: Session) -> list[str]:
    """The patterns of the stage's rules that wait for events, each once."""
    return list(dict.fromkeys(rule["EventPattern"] for rule in _rules(session) if rule.get("EventPattern")))


def _policy(queue_arn: str, queue: str) -> Mapping[str, Any]:
    rules = queue_arn.replace(":sqs:", ":events:").replace(f":{queue}", f":rule/{queue}-*")
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnLike": {"aws:SourceArn": rules}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
