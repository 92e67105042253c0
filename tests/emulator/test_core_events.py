"""S3's events on EventBridge as AWS shapes them, and delivery only where the target allows it."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import ACCOUNT, REGION, Emulator, statement, wait_until


@dataclass(frozen=True)
class Ear:
    """A queue that hears what a rule matches."""

    emulator: Emulator
    bucket: str
    url: str
    arn: str
    rule_arn: str

    def let_in(self, **condition: str) -> None:
        """Let EventBridge send to the queue, under a condition."""
        allowed = {
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": self.arn,
            **({"Condition": {"ArnEquals": condition}} if condition else {}),
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        self.emulator.client("sqs").set_queue_attributes(QueueUrl=self.url, Attributes={"Policy": policy})

    def heard(self) -> list[dict[str, Any]]:
        """The next events in the queue."""
        answer = self.emulator.client("sqs").receive_message(QueueUrl=self.url, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]

    def delivery_refused(self) -> bool:
        """Tell whether a delivery to the queue was refused."""
        return any(call["resource"] == self.arn and call["decision"] == "denied" for call in self.emulator.calls())


@pytest.fixture
def ear(emulator: Emulator) -> Ear:
    name = f"ear-{os.urandom(4).hex()}"
    s3, sqs, events = emulator.client("s3"), emulator.client("sqs"), emulator.client("events")
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}})
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    detail = {"bucket": {"name": [name]}, "object": {"key": [{"prefix": "raw/churn/"}]}}
    pattern = json.dumps({"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": detail})
    rule_arn = events.put_rule(Name=name, EventPattern=pattern)["RuleArn"]
    events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
    return Ear(emulator, name, url, arn, rule_arn)


def test_a_pattern_of_anything_but_some_prefixes_hears_of_all_other_keys(ear: Ear) -> None:
    ear.let_in()
    detail = {"bucket": {"name": [ear.bucket]}, "object": {"key": [{"anything-but": {"prefix": ["raw/a/", "b/"]}}]}}
    pattern = json.dumps({"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": detail})
    ear.emulator.client("events").put_rule(Name=ear.bucket, EventPattern=pattern)
    for key in ("raw/a/1.csv", "b/1.csv", "raw/ab/1.csv", "raw/a", "b", "1.csv"):
        ear.emulator.client("s3").put_object(Bucket=ear.bucket, Key=key, Body=b"1")
    keys: set[str] = set()

    def all_heard() -> bool:
        keys.update(event["detail"]["object"]["key"] for event in ear.heard())
        return "1.csv" in keys

    wait_until(all_heard, 5, "the last event")
    assert keys == {"raw/ab/1.csv", "raw/a", "b", "1.csv"}


def test_a_pattern_with_an_operator_that_nobody_knows_is_refused(ear: Ear) -> None:
    pattern = json.dumps({"source": ["aws.s3"], "detail": {"object": {"key": [{"no-prefix": "raw/"}]}}})
    with pytest.raises(ClientError, match="InvalidEventPattern"):
        ear.emulator.client("events").put_rule(Name=f"{ear.bucket}-odd", EventPattern=pattern)


def test_an_upload_is_told_with_version_etag_size_reason_and_sequencer(ear: Ear) -> None:
    ear.let_in()
    key = "raw/churn/a b+c (1).csv"
    put = ear.emulator.client("s3").put_object(Bucket=ear.bucket, Key=key, Body=b"12345")
    event = wait_until(ear.heard, 5, "the event")[0]
    assert event["detail"]["object"] == {
        "key": key,
        "size": 5,
        "etag": put["ETag"].strip('"'),
        "version-id": put["VersionId"],
        "sequencer": event["detail"]["object"]["sequencer"],
    }
    assert int(event["detail"]["object"]["sequencer"], 16) > 0
    assert event["detail"]["reason"] == "PutObject"
    assert event["detail"]["bucket"] == {"name": ear.bucket}
    assert event["resources"] == [f"arn:aws:s3:::{ear.bucket}"]
    assert (event["source"], event["detail-type"], event["account"]) == ("aws.s3", "Object Created", ACCOUNT)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", event["time"])


def test_a_copy_and_an_upload_in_parts_name_their_reason_and_version(ear: Ear) -> None:
    ear.let_in()
    s3 = ear.emulator.client("s3")
    s3.put_object(Bucket=ear.bucket, Key="elsewhere", Body=b"x")
    source = {"Bucket": ear.bucket, "Key": "elsewhere"}
    copy = s3.copy_object(Bucket=ear.bucket, Key="raw/churn/copy", CopySource=source)
    told = wait_until(ear.heard, 5, "the copy")[0]["detail"]
    assert (told["reason"], told["object"]["version-id"]) == ("CopyObject", copy["VersionId"])
    upload = s3.create_multipart_upload(Bucket=ear.bucket, Key="raw/churn/parts")["UploadId"]
    part = s3.upload_part(Bucket=ear.bucket, Key="raw/churn/parts", UploadId=upload, PartNumber=1, Body=b"y")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    done = s3.complete_multipart_upload(
        Bucket=ear.bucket, Key="raw/churn/parts", UploadId=upload, MultipartUpload=parts
    )
    told = wait_until(ear.heard, 5, "the parts")[0]["detail"]
    assert (told["reason"], told["object"]["version-id"]) == ("CompleteMultipartUpload", done["VersionId"])


def test_the_members_of_an_event_are_those_of_aws(ear: Ear) -> None:
    """Recorded on AWS: localstack/localstack, test_s3_notifications_eventbridge.snapshot.json (05-08-2023)."""
    ear.let_in()
    detail = {"bucket": {"name": [ear.bucket]}}
    pattern = json.dumps({"source": ["aws.s3"], "detail": detail})
    ear.emulator.client("events").put_rule(Name=ear.bucket, EventPattern=pattern)
    s3 = ear.emulator.client("s3")
    version = s3.put_object(Bucket=ear.bucket, Key="x", Body=b"1")["VersionId"]
    created = wait_until(ear.heard, 5, "the upload")[0]["detail"]
    s3.delete_object(Bucket=ear.bucket, Key="x", VersionId=version)
    deleted = wait_until(ear.heard, 5, "the deletion")[0]["detail"]
    members = {"bucket", "object", "reason", "request-id", "requester", "source-ip-address", "version"}
    assert set(created) == members
    assert set(deleted) == members | {"deletion-type"}
    assert set(deleted["object"]) - {"version-id"} == {"key", "sequencer"}


def test_sequencers_of_one_key_grow(ear: Ear) -> None:
    ear.let_in()
    sequencers = []
    for body in (b"1", b"2"):
        ear.emulator.client("s3").put_object(Bucket=ear.bucket, Key="raw/churn/x", Body=body)
        sequencers.append(wait_until(ear.heard, 5, "the event")[0]["detail"]["object"]["sequencer"])
    assert sequencers == sorted(sequencers)
    assert len(set(sequencers)) == 2


def test_a_queue_without_a_policy_gets_nothing(ear: Ear) -> None:
    ear.emulator.client("s3").put_object(Bucket=ear.bucket, Key="raw/churn/x", Body=b"1")
    wait_until(ear.delivery_refused, 5, "the refusal")
    assert ear.heard() == []


def test_a_queue_that_admits_another_rule_gets_nothing(ear: Ear) -> None:
    ear.let_in(**{"aws:SourceArn": f"{ear.rule_arn}-other"})
    ear.emulator.client("s3").put_object(Bucket=ear.bucket, Key="raw/churn/x", Body=b"1")
    wait_until(ear.delivery_refused, 5, "the refusal")
    assert ear.heard() == []
    ear.let_in(**{"aws:SourceArn": ear.rule_arn})
    ear.emulator.client("s3").put_object(Bucket=ear.bucket, Key="raw/churn/x", Body=b"1")
    assert wait_until(ear.heard, 5, "the event")


def test_a_rule_starts_a_state_machine_only_with_a_role_that_may(emulator: Emulator) -> None:
    machine_role = emulator.role("started", "states.amazonaws.com")
    done = json.dumps({"StartAt": "Done", "QueryLanguage": "JSONata", "States": {"Done": {"Type": "Succeed"}}})
    states, events = emulator.client("stepfunctions"), emulator.client("events")
    machine = states.create_state_machine(name="started", definition=done, roleArn=machine_role)["stateMachineArn"]
    starter = emulator.role("rule-starter", "events.amazonaws.com")
    events.put_rule(Name="started", EventPattern=json.dumps({"source": ["test.start"]}))
    events.put_targets(Rule="started", Targets=[{"Id": "machine", "Arn": machine, "RoleArn": starter}])
    entry = {"Source": "test.start", "DetailType": "start", "Detail": "{}"}

    def refused() -> bool:
        return any(c["action"] == "states:StartExecution" and c["decision"] == "denied" for c in emulator.calls())

    events.put_events(Entries=[entry])
    wait_until(refused, 5, "the refusal")
    assert states.list_executions(stateMachineArn=machine)["executions"] == []
    emulator.allow("rule-starter", [statement("states:StartExecution", machine)])
    events.put_events(Entries=[entry])
    wait_until(lambda: states.list_executions(stateMachineArn=machine)["executions"], 5, "the execution")


def test_the_end_of_an_execution_is_told(emulator: Emulator) -> None:
    role = emulator.role("told", "states.amazonaws.com")
    fail = {"Type": "Fail", "Error": "E", "Cause": "c"}
    failing = {"StartAt": "No", "QueryLanguage": "JSONata", "States": {"No": fail}}
    states, sqs, events = emulator.client("stepfunctions"), emulator.client("sqs"), emulator.client("events")
    machine = states.create_state_machine(name="told", definition=json.dumps(failing), roleArn=role)["stateMachineArn"]
    url = sqs.create_queue(QueueName="told")["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:told"
    ear = Ear(emulator, "", url, arn, "")
    ear.let_in()
    detail = {"stateMachineArn": [machine], "status": ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"]}
    pattern = {"source": ["aws.states"], "detail-type": ["Step Functions Execution Status Change"], "detail": detail}
    events.put_rule(Name="told", EventPattern=json.dumps(pattern))
    transformer = {
        "InputPathsMap": {"execution": "$.detail.executionArn", "status": "$.detail.status", "time": "$.time"},
        "InputTemplate": '{"kind":"ended","model":"churn","execution_arn":<execution>,"status":<status>,"time":<time>}',
    }
    events.put_targets(Rule="told", Targets=[{"Id": "queue", "Arn": arn, "InputTransformer": transformer}])
    execution = states.start_execution(stateMachineArn=machine, name="one")["executionArn"]
    told = wait_until(ear.heard, 10, "the end")
    assert len(told) == 1
    assert {**told[0], "time": ""} == {
        "kind": "ended",
        "model": "churn",
        "execution_arn": execution,
        "status": "FAILED",
        "time": "",
    }
