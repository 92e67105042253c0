"""EventBridge answers and delivers as recorded on AWS."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.config import Config

from tests.emulator.conftest import ACCOUNT, REGION, Emulator, wait_until
from tests.emulator.recorded import facts, refusal

FACTS = facts("events")
DETAIL = {
    "command": "update-account",
    "list": ["A", "B"],
    "payload": {"acc_id": "0a78", "sf_id": "baz"},
    "valid": True,
}


@pytest.fixture
def rule(emulator: Emulator) -> str:
    """A rule of its own, with a queue of the same name that lets EventBridge in."""
    name = f"recorded-{os.urandom(4).hex()}"
    arn = queue_arn(name)
    allowed = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [{**allowed, "Resource": arn}]})
    emulator.client("sqs").create_queue(QueueName=name, Attributes={"Policy": policy})
    emulator.client("events").put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))
    return name


def queue_arn(name: str) -> str:
    return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def put(emulator: Emulator, source: str, **more: Any) -> dict[str, Any]:
    entry = {"Source": source, "DetailType": "kind", "Detail": json.dumps(DETAIL), **more}
    answer: dict[str, Any] = emulator.client("events").put_events(Entries=[entry])
    return answer


def body(emulator: Emulator, rule: str) -> str:
    sqs = emulator.client("sqs")
    url = sqs.get_queue_url(QueueName=rule)["QueueUrl"]
    return str(wait_until(lambda: sqs.receive_message(QueueUrl=url).get("Messages"), 5, "the message")[0]["Body"])


@pytest.mark.parametrize("row", FACTS["put_events"], ids=lambda row: row["source"].rpartition("::")[2])
def test_an_entry_is_refused_by_itself_with_eventbridges_code(emulator: Emulator, row: dict[str, Any]) -> None:
    good = {"Source": "recorded", "DetailType": "kind", "Detail": "{}"}
    answer = emulator.client("events").put_events(Entries=[row["entry"], good])
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][0] == {"ErrorCode": row["code"], "ErrorMessage": row["message"]}
    assert set(answer["Entries"][1]) == {"EventId"}


def test_a_request_over_the_size_limit_is_refused_whole(emulator: Emulator) -> None:
    row = FACTS["put_events_too_large"]
    entry = {"Source": "s", "DetailType": "k", "Detail": json.dumps({"x": "y" * row["bytes"]})}
    assert refusal(emulator.client("events").put_events, Entries=[entry])[:2] == (row["code"], row["message"])
    small = {**entry, "Detail": json.dumps({"x": "y" * (row["bytes"] - 200)})}
    assert emulator.client("events").put_events(Entries=[small])["FailedEntryCount"] == 0


def test_the_time_of_an_entry_is_the_time_of_the_event(emulator: Emulator, rule: str) -> None:
    emulator.client("events").put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": queue_arn(rule)}])
    put(emulator, rule, Time=datetime(2022, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert json.loads(body(emulator, rule))["time"] == "2022-01-02T03:04:05Z"


@pytest.mark.parametrize("row", FACTS["put_targets"], ids=lambda row: row["source"].rpartition("::")[2])
def test_a_target_is_refused_in_eventbridges_words(emulator: Emulator, rule: str, row: dict[str, Any]) -> None:
    events = emulator.client("events")
    events.meta.config.merge(Config(parameter_validation=False))
    target = {"Id": "queue", "Arn": queue_arn(rule), **row["target"]}
    assert refusal(events.put_targets, Rule=rule, Targets=[target])[:2] == (row["code"], row["message"])
    assert events.list_targets_by_rule(Rule=rule)["Targets"] == []


def test_a_rule_has_five_targets_and_is_not_deleted_before_them(emulator: Emulator, rule: str) -> None:
    events, arn = emulator.client("events"), queue_arn(rule)
    events.put_targets(Rule=rule, Targets=[{"Id": str(number), "Arn": arn} for number in range(5)])
    row = FACTS["six_targets"]
    sixth = refusal(events.put_targets, Rule=rule, Targets=[{"Id": "5", "Arn": arn}])
    assert sixth[:2] == (row["code"], row["message"])
    row = FACTS["delete_rule_with_targets"]
    assert refusal(events.delete_rule, Name=rule)[:2] == (row["code"], row["message"])
    events.remove_targets(Rule=rule, Ids=[str(number) for number in range(5)])
    events.delete_rule(Name=rule)


@pytest.mark.parametrize("row", FACTS["transform"], ids=lambda row: row["template"])
def test_a_template_is_filled_in_as_recorded(emulator: Emulator, rule: str, row: dict[str, Any]) -> None:
    transformer = {"InputPathsMap": row["paths"], "InputTemplate": row["template"]}
    target = {"Id": "queue", "Arn": queue_arn(rule), "InputTransformer": transformer}
    emulator.client("events").put_targets(Rule=rule, Targets=[target])
    put(emulator, rule)
    assert body(emulator, rule) == row["body"]


def test_the_predefined_names_stand_for_the_event_with_and_without_its_detail(emulator: Emulator, rule: str) -> None:
    template = '{"event": <aws.events.event>, "json": <aws.events.event.json>, "rule": "<aws.events.rule-name>"}'
    target = {"Id": "queue", "Arn": queue_arn(rule), "InputTransformer": {"InputTemplate": template}}
    emulator.client("events").put_targets(Rule=rule, Targets=[target])
    put(emulator, rule)
    told = json.loads(body(emulator, rule))
    assert list(told["event"]) == FACTS["transform_predefined"]["event"]
    assert set(told["json"]) == set(FACTS["transform_predefined"]["event_json"])
    assert (told["json"]["detail"], told["rule"]) == (DETAIL, rule)


def test_a_topic_gets_the_event_without_spaces_and_without_a_subject(emulator: Emulator, rule: str) -> None:
    sns, sqs = emulator.client("sns"), emulator.client("sqs")
    topic = sns.create_topic(Name=rule)["TopicArn"]
    allowed = {"Effect": "Allow", "Action": "sns:Publish", "Resource": topic}
    statement = {**allowed, "Principal": {"Service": "events.amazonaws.com"}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    url = sqs.get_queue_url(QueueName=rule)["QueueUrl"]
    sender = {**allowed, "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*"}
    sqs.set_queue_attributes(
        QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [sender]})}
    )
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn(rule))
    emulator.client("events").put_targets(Rule=rule, Targets=[{"Id": "topic", "Arn": topic}])
    put(emulator, rule)
    told = json.loads(body(emulator, rule))
    assert set(told) <= set(FACTS["to_sns"]["members"])
    assert told["Message"].startswith(FACTS["to_sns"]["message_begins"])
