"""Events that start something, as what, and events that must not."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from lambda_src.starter.messages import Approved, Asked, Ended, Message, Uploaded, read_message
from lambda_src.starter.subject import NoModel
from tests.workflow.answers import NAME, PACKAGE
from tests.workflow.assembly import ACCOUNT, MODELS, PREFIX, REGION, machine, resolved, resources, template
from tests.workflow.events import matches, message, rules

SENT = datetime(2026, 11, 23, 20, 13, 2, tzinfo=UTC)
TRAINING = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{PREFIX}-training"
DEPLOYMENT = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{PREFIX}-deployment"
EXECUTION = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:{PREFIX}-training:churn-20261123201301123"


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
    found = rules()
    return {kind for kind, rule in found.items() if "EventPattern" in rule and matches(rule["EventPattern"], event)}


def _read(kind: str, event: dict[str, Any]) -> Message:
    return read_message(json.dumps(message(rules()[kind], event)), SENT)


def test_an_upload_is_told_with_the_whole_event() -> None:
    assert _kinds(_upload()) == {"upload"}
    told = message(rules()["upload"], _upload())
    assert told == {"kind": "upload", "prefix": PREFIX, "state_machine_arn": TRAINING, "event": _upload()}
    read = _read("upload", _upload())
    assert (read.model, type(read.event)) == ("churn", Uploaded)


@pytest.mark.parametrize(
    "event",
    [
        _upload("clean/churn/source=1/part.parquet"),
        _upload("quarantine/churn/1/x.jsonl"),
        _upload(bucket="another-bucket"),
        _event("aws.s3", "Object Deleted", bucket={"name": "the-data-bucket"}, object={"key": "raw/churn/a.csv"}),
    ],
)
def test_what_the_platform_writes_itself_and_what_others_upload_start_nothing(event: dict[str, Any]) -> None:
    assert _kinds(event) == set()


@pytest.mark.parametrize("key", ["raw/churned.csv", "raw/We ird/a.csv", "raw/a-name-that-is-too-long-for-us/a.csv"])
def test_an_upload_into_the_folder_of_no_model_starts_nothing(key: str) -> None:
    """The notifier sees it too, and tells people."""
    assert _kinds(_upload(key)) == {"upload"}
    with pytest.raises(NoModel):
        _read("upload", _upload(key))


@pytest.mark.parametrize("status", ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"])
def test_every_end_of_a_training_execution_is_told(status: str) -> None:
    assert _kinds(_ending(status)) == {"ended"}
    read = _read("ended", _ending(status))
    assert (read.model, read.event) == ("churn", Ended(EXECUTION))


def test_a_start_and_the_deployment_machine_are_not_told_as_ends() -> None:
    assert _kinds(_ending("RUNNING")) == set()
    assert _kinds(_ending("SUCCEEDED", DEPLOYMENT)) == set()


def test_an_approval_starts_the_deployment_machine() -> None:
    event = _package("Approved", "ModelApprovalStatus", "ApprovalDescription")
    assert _kinds(event) == {"approved"}
    told = _read("approved", event)
    assert told.state_machine_arn == DEPLOYMENT
    assert (told.model, told.event) == ("churn", Approved(PACKAGE, 3, "20261123201301123"))


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
        _package("Approved", "ModelApprovalStatus", group="mlops-prod-churn"),
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
    assert set(rules()) == {"upload", "ended", "approved", f"{MODELS[1]}-schedule"}
    scheduled = rules()[f"{MODELS[1]}-schedule"]
    assert scheduled["ScheduleExpression"] == "cron(0 3 ? * MON *)"
    told = message(scheduled, _event("aws.events", "Scheduled Event"))
    assert told["kind"] == "manual"
    read = read_message(json.dumps(told), SENT)
    assert (read.model, read.event) == (MODELS[1], Asked(SENT))


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
