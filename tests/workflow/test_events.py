"""Events that start something, as what, and events that must not."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from lambda_src.starter.messages import Approved, Asked, Ended, Message, Uploaded, read_message
from tests.workflow.answers import NAME, PACKAGE
from tests.workflow.assembly import ACCOUNT, MODELS, PREFIX, REGION, machine, resolved, resources, template
from tests.workflow.events import matches, message, rules

SENT = datetime(2026, 11, 23, 20, 13, 2, tzinfo=UTC)
TRAINING = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{NAME}-training"
DEPLOYMENT = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{NAME}-deployment"
EXECUTION = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:{NAME}-training:churn-20261123201301123"


def _event(source: str, kind: str, **detail: Any) -> dict[str, Any]:
    return {
        "version": "0",
        "id": "17793124-05d4-b198-2fde-7ededc63b103",
        "detail-type": kind,
        "source": source,
        "account": ACCOUNT,
        "time": "2026-11-23T20:13:01Z",
        "region": REGION,
        "resources": [],
        "detail": detail,
    }


def _upload(
    key: str = "raw/churn/new customers+2.csv", bucket: str = "the-data-bucket", **changes: Any
) -> dict[str, Any]:
    object_ = {"key": key, "size": 5, "etag": "b1946ac92492d2347c6235b4d2611184", "sequencer": "00617F08299329D189"}
    return _event("aws.s3", "Object Created", bucket={"name": bucket}, object=object_, reason="PutObject", **changes)


def _ending(status: str, machine_arn: str = TRAINING) -> dict[str, Any]:
    detail = {"executionArn": EXECUTION, "stateMachineArn": machine_arn, "name": "x", "status": status}
    return _event("aws.states", "Step Functions Execution Status Change", **detail)


def _package(approval: str, *fields: str, group: str = NAME) -> dict[str, Any]:
    detail: dict[str, Any] = {
        "ModelPackageGroupName": group,
        "ModelPackageVersion": 3,
        "ModelPackageArn": PACKAGE,
        "ModelPackageStatus": "Completed",
        "ModelApprovalStatus": approval,
        "LastModifiedTime": "2026-11-23T20:13:01.123Z",
    }
    if fields:
        detail["UpdatedModelPackageFields"] = list(fields)
    return _event("aws.sagemaker", "SageMaker Model Package State Change", **detail)


def _kinds(event: dict[str, Any]) -> set[str]:
    found = rules(NAME)
    return {kind for kind, rule in found.items() if "EventPattern" in rule and matches(rule["EventPattern"], event)}


def _read(kind: str, event: dict[str, Any], model_prefix: str = NAME) -> Message:
    return read_message(json.dumps(message(rules(model_prefix)[kind], event)), SENT)


def test_an_upload_for_the_model_is_told_with_the_whole_event() -> None:
    assert _kinds(_upload()) == {"upload"}
    told = message(rules(NAME)["upload"], _upload())
    assert told == {"kind": "upload", "model": "churn", "state_machine_arn": TRAINING, "event": _upload()}
    assert isinstance(_read("upload", _upload()).event, Uploaded)


@pytest.mark.parametrize(
    "event",
    [
        _upload("clean/churn/source=1/part.parquet"),
        _upload("raw/churn-two/a.csv"),
        _upload("raw/churned.csv"),
        _upload("quarantine/churn/1/x.jsonl"),
        _upload(bucket="another-bucket"),
        _event("aws.s3", "Object Deleted", bucket={"name": "the-data-bucket"}, object={"key": "raw/churn/a.csv"}),
    ],
)
def test_what_the_platform_writes_itself_and_what_others_upload_start_nothing(event: dict[str, Any]) -> None:
    assert _kinds(event) == set()


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"])
def test_every_end_of_a_training_execution_is_told(status: str) -> None:
    assert _kinds(_ending(status)) == {"ended"}
    assert _read("ended", _ending(status)).event == Ended(EXECUTION)


def test_a_start_and_the_deployment_machine_are_not_told_as_ends() -> None:
    assert _kinds(_ending("RUNNING")) == set()
    assert _kinds(_ending("SUCCEEDED", DEPLOYMENT)) == set()


def test_an_approval_starts_the_deployment_machine() -> None:
    event = _package("Approved", "ModelApprovalStatus", "ApprovalDescription")
    assert _kinds(event) == {"approved"}
    told = _read("approved", event)
    assert told.state_machine_arn == DEPLOYMENT
    assert told.event == Approved(PACKAGE, 3, "20261123201301123")


def test_two_events_about_one_approval_give_one_name_of_the_execution() -> None:
    first = _package("Approved", "ModelApprovalStatus")
    second = first | {"id": "other", "time": "2026-11-23T20:13:04Z"}
    assert _read("approved", first).event == _read("approved", second).event


def test_an_approval_that_does_not_say_when_is_dated_by_its_event() -> None:
    """AWS promises the field nowhere; where it is missing, a rule's template gets an empty text for it."""
    event = _package("Approved", "ModelApprovalStatus")
    del event["detail"]["LastModifiedTime"]
    assert _read("approved", event).event == Approved(PACKAGE, 3, "20261123201301")
    del event["detail"]["ModelPackageArn"]
    assert _read("approved", event | {"resources": [PACKAGE]}).event == Approved(PACKAGE, 3, "20261123201301")


@pytest.mark.parametrize(
    "event",
    [
        _package("PendingManualApproval"),
        _package("Approved"),
        _package("Approved", "CustomerMetadataProperties"),
        _package("Approved", "ModelLifeCycle"),
        _package("Rejected", "ModelApprovalStatus"),
        _package("Approved", "ModelApprovalStatus", group=f"{NAME}-two"),
        _event("aws.sagemaker", "SageMaker Endpoint State Change", EndpointName=NAME, EndpointStatus="IN_SERVICE"),
    ],
)
def test_no_event_that_a_deployment_causes_starts_a_deployment(event: dict[str, Any]) -> None:
    assert _kinds(event) == set()


def test_the_deployment_machine_changes_a_package_only_to_rejected() -> None:
    states = machine("deployment")["States"].values()
    changes = [each["Arguments"] for each in states if each.get("Resource", "").endswith(":updateModelPackage")]
    assert [change["ModelApprovalStatus"] for change in changes] == ["Rejected"]


def test_a_schedule_asks_for_a_run_like_a_person() -> None:
    assert set(rules(NAME)) == {"upload", "ended", "approved"}
    scheduled = rules(f"{PREFIX}-{MODELS[1]}")["manual"]
    assert scheduled["ScheduleExpression"] == "cron(0 3 ? * MON *)"
    told = message(scheduled, _event("aws.events", "Scheduled Event"))
    assert told["kind"] == "manual"
    assert read_message(json.dumps(told), SENT).event == Asked(SENT)


def test_every_rule_sends_to_the_queue_and_has_somewhere_for_what_cannot_be_delivered() -> None:
    document = template()
    queues = {
        "Queue" if "RedrivePolicy" in each["Properties"] else "DeadLetters": resolved(
            {"Fn::GetAtt": [name, "Arn"]}, document
        )
        for name, each in resources("AWS::SQS::Queue").items()
    }
    for each in resources("AWS::Events::Rule").values():
        [target] = resolved(each["Properties"]["Targets"], document)
        assert target["Arn"] == queues["Queue"]
        assert target["DeadLetterConfig"]["Arn"] == queues["DeadLetters"]
