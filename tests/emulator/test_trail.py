"""CloudTrail's event history: what roles called, and what was refused them; no data events."""

from __future__ import annotations

import contextlib
import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator, statement

pytestmark = pytest.mark.slow


@pytest.fixture
def role(emulator: Emulator) -> str:
    """The name of a role that may list and read models and query tables, nothing else."""
    name = f"trail-{os.urandom(4).hex()}"
    emulator.role(
        name,
        "lambda.amazonaws.com",
        [statement(action, "*") for action in ("sagemaker:ListModels", "sagemaker:DescribeModel", "dynamodb:Query")],
    )
    return name


def session(emulator: Emulator, role: str, service: str) -> Any:
    arn = f"arn:aws:iam::000000000000:role/{role}"
    given = emulator.client("sts").assume_role(RoleArn=arn, RoleSessionName="reader")["Credentials"]
    return emulator.client(service, given)


def history(emulator: Emulator, role: str, **asked: Any) -> list[dict[str, Any]]:
    pages = emulator.client("cloudtrail").get_paginator("lookup_events").paginate(**asked)
    events = [json.loads(event["CloudTrailEvent"]) for page in pages for event in page["Events"]]
    return [event for event in events if event["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"] == role]


def test_a_call_of_a_role_is_told_with_its_role_and_without_an_error(emulator: Emulator, role: str) -> None:
    session(emulator, role, "sagemaker").list_models()

    [event] = history(emulator, role)
    assert (event["eventName"], event["eventSource"]) == ("ListModels", "sagemaker.amazonaws.com")
    assert "errorCode" not in event


def test_what_a_role_was_refused_is_told_as_denied(emulator: Emulator, role: str) -> None:
    with contextlib.suppress(ClientError):
        session(emulator, role, "sagemaker").list_endpoints()

    [event] = history(emulator, role)
    assert (event["eventName"], event["errorCode"]) == ("ListEndpoints", "AccessDenied")


def test_what_went_wrong_otherwise_is_told_by_its_own_name_and_the_newest_call_comes_first(
    emulator: Emulator, role: str
) -> None:
    models = session(emulator, role, "sagemaker")
    models.list_models()
    with pytest.raises(ClientError) as refused:
        models.describe_model(ModelName="none")

    newest, first = history(emulator, role)
    assert (newest["eventName"], newest["errorCode"]) == ("DescribeModel", refused.value.response["Error"]["Code"])
    assert first["eventName"] == "ListModels"


def test_data_events_are_in_no_history(emulator: Emulator, role: str) -> None:
    with contextlib.suppress(ClientError):
        session(emulator, role, "dynamodb").query(TableName="none", KeyConditionExpression="a = b")
    with contextlib.suppress(ClientError):
        session(emulator, role, "s3").put_object(Bucket="none", Key="k", Body=b"")

    assert history(emulator, role) == []


def test_a_history_is_read_page_by_page_within_its_times(emulator: Emulator, role: str) -> None:
    before = datetime.now(UTC)
    models = session(emulator, role, "sagemaker")
    for _ in range(51):
        models.list_models()

    assert len(history(emulator, role, StartTime=before)) == 51
    assert history(emulator, role, EndTime=before.replace(year=2020)) == []
    assert history(emulator, role, StartTime=before + timedelta(days=1)) == []
    other = [{"AttributeKey": "EventName", "AttributeValue": "ListEndpoints"}]
    assert history(emulator, role, LookupAttributes=other) == []


def test_an_attribute_that_the_history_is_not_looked_up_by_is_refused(emulator: Emulator) -> None:
    wanted = [{"AttributeKey": "ResourceName", "AttributeValue": "x"}]

    with pytest.raises(ClientError, match="InvalidLookupAttributes"):
        emulator.client("cloudtrail").lookup_events(LookupAttributes=wanted)


def test_a_tag_counts_in_the_bill_once_it_is_activated(emulator: Emulator) -> None:
    bill, key = emulator.client("ce"), f"tag-{os.urandom(4).hex()}"
    asked = {"TagKeys": [key], "Type": "UserDefined"}
    assert bill.list_cost_allocation_tags(**asked)["CostAllocationTags"] == []

    bill.update_cost_allocation_tags_status(CostAllocationTagsStatus=[{"TagKey": key, "Status": "Active"}])

    [tag] = bill.list_cost_allocation_tags(**asked)["CostAllocationTags"]
    assert (tag["TagKey"], tag["Status"]) == (key, "Active")


def test_no_role_of_the_platform_reads_the_bill_and_nothing_else_of_it_is_emulated(
    emulator: Emulator, role: str
) -> None:
    with pytest.raises(ClientError, match="AccessDenied"):
        session(emulator, role, "ce").list_cost_allocation_tags()
    with pytest.raises(ClientError, match="does not know ce:GetTags"):
        emulator.client("ce").get_tags(TimePeriod={"Start": "2026-01-01", "End": "2026-02-01"})
