"""Lambda's ends, mappings, partial batches and dead letters, as recorded on AWS or as its pages say."""

from __future__ import annotations

import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from tests.emulator.conftest import ACCOUNT, REGION, Emulator, statement, wait_until
from tests.emulator.functions import LOGS, invoke, make_function
from tests.emulator.recorded import facts, refusal
from tests.emulator.stacks import Stacks, refused, resource

FACTS = facts("events")
READ = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
INTERFACES = ["ec2:CreateNetworkInterface", "ec2:DescribeNetworkInterfaces", "ec2:DeleteNetworkInterface"]
IN_A_NETWORK = {"VpcConfig": {"SubnetIds": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}}
PASS = "def handler(event, context): return event\n"
FAIL = "def handler(event, context): raise ValueError('no such table')\n"
DAY = 24 * 3600
Make = Callable[..., str]


@pytest.fixture(scope="module")
def role(emulator: Emulator) -> str:
    return emulator.role(
        "recorded-functions",
        "lambda.amazonaws.com",
        [LOGS, statement([*READ, "sqs:SendMessage"]), statement(INTERFACES)],
    )


@pytest.fixture
def make(emulator: Emulator, role: str) -> Make:
    """A function of its own."""

    def made(source: str, **more: Any) -> str:
        name = f"recorded-{os.urandom(4).hex()}"
        make_function(emulator, name, role, source, **more)
        return name

    return made


def queue(emulator: Emulator, name: str, **attributes: str) -> tuple[str, str]:
    """URL and ARN of a queue."""
    attributes = {"VisibilityTimeout": "120", **attributes}
    url = emulator.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url, f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def advance(emulator: Emulator, seconds: float) -> None:
    body = json.dumps({"advance_seconds": seconds}).encode()
    urllib.request.urlopen(urllib.request.Request(f"{emulator.url}/_rehearsal/clock", data=body), timeout=5).close()


def messages(emulator: Emulator, url: str) -> list[dict[str, Any]]:
    asked = {"QueueUrl": url, "MessageAttributeNames": ["All"], "MaxNumberOfMessages": 10}
    return list(emulator.client("sqs").receive_message(**asked).get("Messages", []))


@pytest.mark.parametrize("row", FACTS["function_end"], ids=lambda row: row["code"])
def test_a_runtime_that_ends_is_told_with_the_requests_id(emulator: Emulator, make: Make, row: dict[str, Any]) -> None:
    answer, kind = invoke(emulator, make(f"def handler(event, context):\n    {row['code']}\n"))
    told = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "<uuid>", answer["errorMessage"])
    assert (kind, answer["errorType"], told) == ("Unhandled", row["type"], row["message"])
    assert set(answer) == {"errorType", "errorMessage"}


@pytest.mark.parametrize("row", FACTS["mapping"], ids=lambda row: row["source"].rpartition("::")[2])
def test_a_mapping_is_refused_in_lambdas_words(emulator: Emulator, make: Make, row: dict[str, Any]) -> None:
    name = make(PASS)
    asked = {"FunctionName": name, "EventSourceArn": queue(emulator, name)[1], **row["settings"]}
    seen = refusal(emulator.client("lambda").create_event_source_mapping, **asked)
    assert seen == (row["code"], row["message"], row["status"])


def test_a_mapping_that_lambda_refuses_fails_its_stack(emulator: Emulator, make: Make) -> None:
    name, stacks = make(PASS), Stacks(emulator)
    asked = {"FunctionName": name, "EventSourceArn": queue(emulator, name)[1], "BatchSize": 1000}
    mapping = resource("AWS::Lambda::EventSourceMapping", **asked, MaximumBatchingWindowInSeconds=0)
    assert FACTS["mapping"][0]["message"] in refused(lambda: stacks.create({"Mapping": mapping}))
    stacks.remove_all()


def test_a_queue_is_mapped_to_a_function_once(emulator: Emulator, make: Make) -> None:
    name, create = make(PASS), emulator.client("lambda").create_event_source_mapping
    arn = queue(emulator, name)[1]
    made = create(FunctionName=name, EventSourceArn=arn)
    row = FACTS["duplicate_mapping"]
    told = row["message"].format(queue=arn, function=name, uuid=made["UUID"])
    assert refusal(create, FunctionName=name, EventSourceArn=arn) == (row["code"], told, row["status"])


def test_a_mapping_settles_after_it_was_made_and_changed(emulator: Emulator, make: Make) -> None:
    name, functions, row = make(PASS), emulator.client("lambda"), FACTS["mapping_states"]
    made = functions.create_event_source_mapping(FunctionName=name, EventSourceArn=queue(emulator, name)[1])
    assert made["State"] == row["created"]

    def state() -> str:
        return str(functions.get_event_source_mapping(UUID=made["UUID"])["State"])

    wait_until(lambda: state() == row["settled"], 5, "the mapping to settle")
    assert functions.update_event_source_mapping(UUID=made["UUID"], BatchSize=5)["State"] == row["updated"]
    wait_until(lambda: state() == row["settled"], 5, "the mapping to settle")
    functions.update_event_source_mapping(UUID=made["UUID"], Enabled=False)
    assert state() == "Disabling"
    wait_until(lambda: state() == "Disabled", 5, "the mapping to settle")


def test_the_limit_of_a_batch_holds_for_a_change_too(emulator: Emulator, make: Make) -> None:
    name, functions = make(PASS), emulator.client("lambda")
    made = functions.create_event_source_mapping(FunctionName=name, EventSourceArn=queue(emulator, name)[1])
    seen = refusal(functions.update_event_source_mapping, UUID=made["UUID"], BatchSize=11)
    assert seen[1] == FACTS["mapping"][0]["message"]


def test_a_dead_letter_is_the_event_itself_with_the_error_in_its_attributes(emulator: Emulator, make: Make) -> None:
    row, event = FACTS["async_dead_letter"], {"detail": {"executionArn": "x"}}
    url, arn = queue(emulator, f"dead-{os.urandom(4).hex()}")
    name = make(FAIL, DeadLetterConfig={"TargetArn": arn})
    emulator.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps(event).encode())
    [letter] = wait_until(lambda: messages(emulator, url), 20, "the dead letter")
    assert json.loads(letter["Body"]) == event
    attributes = letter["MessageAttributes"]
    assert {key: value["DataType"] for key, value in attributes.items()} == row["attributes"]
    assert attributes["ErrorCode"]["StringValue"] == row["error_code"]
    assert attributes["ErrorMessage"]["StringValue"] == "no such table"


def test_an_event_of_a_rule_is_tried_again_and_then_a_dead_letter(emulator: Emulator, make: Make) -> None:
    url, arn = queue(emulator, f"dead-{os.urandom(4).hex()}")
    name = make(FAIL, DeadLetterConfig={"TargetArn": arn})
    events, functions = emulator.client("events"), emulator.client("lambda")
    rule = events.put_rule(Name=name, EventPattern=json.dumps({"source": [name]}))["RuleArn"]
    allowed = {"Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com", "SourceArn": rule}
    functions.add_permission(FunctionName=name, StatementId="rule", **allowed)
    target = functions.get_function_configuration(FunctionName=name)["FunctionArn"]
    events.put_targets(Rule=name, Targets=[{"Id": "function", "Arn": target}])
    events.put_events(Entries=[{"Source": name, "DetailType": "kind", "Detail": '{"a":1}'}])
    [letter] = wait_until(lambda: messages(emulator, url), 20, "the dead letter")
    assert json.loads(letter["Body"])["detail"] == {"a": 1}


def test_an_idle_function_of_a_network_answers_when_its_interfaces_are_back(emulator: Emulator, make: Make) -> None:
    name, row = make(PASS, **IN_A_NETWORK), FACTS["idle_function"]
    call = emulator.client("lambda").invoke
    assert invoke(emulator, name, 1) == (1, None)
    advance(emulator, 13 * DAY)
    assert invoke(emulator, name, 2) == (2, None)
    advance(emulator, 14 * DAY)
    assert state_of(emulator, name) == ("Inactive", "Idle")
    for _ in range(2):
        assert refusal(call, FunctionName=name) == (row["code"], row["message"], row["status"])
    assert state_of(emulator, name) == ("Pending", "Restoring")
    advance(emulator, 90)
    assert invoke(emulator, name, 3) == (3, None)
    assert state_of(emulator, name)[0] == "Active"


def test_a_function_outside_of_a_network_has_no_interfaces_to_lose(emulator: Emulator, make: Make) -> None:
    name = make(PASS)
    advance(emulator, 30 * DAY)
    assert invoke(emulator, name, 1) == (1, None)


def state_of(emulator: Emulator, name: str) -> tuple[str, str]:
    config = emulator.client("lambda").get_function_configuration(FunctionName=name)
    return config["State"], config.get("StateReasonCode", "")


@pytest.mark.parametrize("body", [b"", b"{}", b'{"advance_seconds": -1}', b'{"advance_seconds": true}'])
def test_the_clock_only_goes_forward(emulator: Emulator, body: bytes) -> None:
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(urllib.request.Request(f"{emulator.url}/_rehearsal/clock", data=body), timeout=5)


def test_a_batch_with_a_malformed_answer_comes_back_whole(emulator: Emulator, make: Make) -> None:
    name = make("def handler(event, context): return {'batchItemFailures': [{'itemIdentifier': ''}]}\n")
    buried, dead = queue(emulator, f"{name}-dead")
    policy = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 1})
    url, arn = queue(emulator, name, RedrivePolicy=policy, VisibilityTimeout="20")
    emulator.client("lambda").create_event_source_mapping(
        FunctionName=name, EventSourceArn=arn, FunctionResponseTypes=["ReportBatchItemFailures"]
    )
    emulator.client("sqs").send_message(QueueUrl=url, MessageBody="kept")
    assert [letter["Body"] for letter in wait_until(lambda: messages(emulator, buried), 15, "the dead letter")] == [
        "kept"
    ]


@pytest.mark.parametrize("row", FACTS["partial_batch"], ids=lambda row: row["answer"])
def test_which_messages_of_a_batch_come_back(row: dict[str, Any]) -> None:
    from rehearsal.emulator import partial_batches

    mapping, result = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}, {"body": json.loads(row["answer"])}
    assert partial_batches.failed(mapping, result, ["one", "two"]) == set(row["comes_back"])
    assert partial_batches.failed({}, result, ["one", "two"]) == set()
    assert partial_batches.failed(mapping, {"error": True, "body": {}}, ["one", "two"]) == {"one", "two"}
