import json
from datetime import UTC, datetime
from typing import Any

import pytest

from contract.model import MAXIMUM_NAME_LENGTH
from lambda_src.starter.messages import (
    Approved,
    Asked,
    Ended,
    FolderMarker,
    Message,
    Uploaded,
    read_message,
)
from lambda_src.starter.subject import MalformedMessage, NoModel

MACHINE = "arn:aws:states:eu-west-1:123456789012:stateMachine:mlops-dev-training"
PACKAGE = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/mlops-dev-churn/7"


SENT = datetime(2026, 3, 1, 10, 0, 7, 123_000, UTC)


def read(text: str) -> Message:
    return read_message(text, SENT)


def body(**changes: Any) -> str:
    value = {
        "kind": "upload",
        "model": "churn",
        "state_machine_arn": MACHINE,
        "time": "2026-03-01T10:00:00Z",
        "key": "raw/churn/a.csv",
        "size": 10,
    }
    return json.dumps({name: entry for name, entry in (value | changes).items() if entry is not None})


def test_a_time_cut_to_the_second_may_mean_any_moment_of_that_second() -> None:
    assert read(body()).event == Uploaded(datetime(2026, 3, 1, 10, 0, 0, 999_999, UTC))


def test_a_time_with_a_fraction_is_taken_as_it_is_in_any_zone() -> None:
    message = read(body(time="2026-03-01T12:00:00.25+02:00"))
    assert message.event == Uploaded(datetime(2026, 3, 1, 10, 0, 0, 250_000, UTC))


def test_a_wish_is_dated_by_the_queue_whatever_the_clock_of_whoever_asked() -> None:
    assert read(body(kind="manual", key=None, time="1970-01-01T00:00:00Z")).event == Asked(SENT)


@pytest.mark.parametrize("key", ["raw/churn/a b+c.csv", "raw/churn/sub/ä.csv", "holdout/churn/x", "raw/churn/%2F"])
def test_keys_with_spaces_and_signs_are_uploads_like_any_other(key: str) -> None:
    assert isinstance(read(body(key=key)).event, Uploaded)


def test_a_folder_marker_is_no_upload() -> None:
    assert read(body(key="raw/churn/sub/")).event == FolderMarker("raw/churn/sub/")


@pytest.mark.parametrize(
    "event",
    [
        {"kind": "upload", "event": {"detail": {}}},
        {"kind": "upload", "event": "none"},
        {"kind": "ended", "event": {"detail": {"status": "FAILED"}}},
        {"kind": "approved", "event": {"detail": {"ModelApprovalStatus": "Approved"}}},
        {"kind": "vanished", "event": {"detail": {"object": {"key": "raw/churn/a.csv"}}}},
    ],
)
def test_an_event_that_lacks_what_it_is_about_is_reported_and_not_dropped(event: dict[str, Any]) -> None:
    with pytest.raises(MalformedMessage, match="does not tell its model"):
        read(json.dumps({"prefix": "mlops-dev", "state_machine_arn": MACHINE, **event}))


def test_an_approval_that_does_not_name_its_group_is_told_by_its_package() -> None:
    event = {"detail": {"ModelPackageArn": PACKAGE}, "time": "2026-03-01T10:00:00Z"}
    message = read(
        json.dumps({"kind": "approved", "prefix": "mlops-dev", "state_machine_arn": MACHINE, "event": event})
    )
    assert (message.model, message.event) == ("churn", Approved(PACKAGE, 7, "20260301100000"))


def test_an_approval_of_another_platform_is_about_no_model_of_ours() -> None:
    event = {"detail": {"ModelPackageArn": PACKAGE, "ModelPackageGroupName": "mlops-prod-churn"}}
    told = {"kind": "approved", "prefix": "mlops-dev", "state_machine_arn": MACHINE, "event": event}
    with pytest.raises(NoModel):
        read(json.dumps(told))


def test_the_end_of_an_execution_names_it() -> None:
    execution = MACHINE.replace(":stateMachine:", ":execution:") + ":churn-20260301"
    message = read(body(kind="ended", key=None, execution_arn=execution, status="ABORTED"))
    assert message.event == Ended(execution)


def test_an_approval_names_version_and_time() -> None:
    message = read(body(kind="approved", package_arn=PACKAGE))
    assert message.event == Approved(PACKAGE, 7, "20260301100000")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        (body(kind="deleted"), "'kind' is 'deleted'"),
        (body(kind=None), "'kind' is missing"),
        (body(model=None), "'model' is missing"),
        (body(model="Churn"), "no model name"),
        (body(model="a" * 21), "no model name"),
        (body(state_machine_arn="arn:aws:s3:::x"), "no state machine"),
        (body(key=None), "'key' is missing"),
        (body(key="raw/other/a.csv"), "outside raw/churn/"),
        (body(key="raw/churn-2/a.csv"), "outside raw/churn/"),
        (body(time="yesterday"), "no ISO 8601 time"),
        (body(time="2026-03-01T10:00:00"), "no time zone"),
        (body(kind="ended", execution_arn="x", status="RUNNING"), "'status' is 'RUNNING'"),
        (body(kind="ended", execution_arn="x", status="FAILED"), "no execution of"),
        (body(kind="approved", package_arn="7"), "no model package version"),
        (body(kind="approved", package_arn=PACKAGE + "7" * 5000), "no model package version"),
        (body(kind="approved", event={"detail": {}, "resources": {"arn": PACKAGE}}), "'package_arn' is missing"),
        (body(kind="approved", event={"detail": {}, "resources": 7}), "'package_arn' is missing"),
        (body(time="0001-01-01T00:00:00+23:59"), "no ISO 8601 time"),
        (body(time="9999-12-31T23:59:59-01:00"), "no ISO 8601 time"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_what_is_not_understood_is_said(text: str, reason: str) -> None:
    with pytest.raises(MalformedMessage, match=reason):
        read(text)


def test_an_approval_is_found_where_the_event_names_its_version_as_a_resource_only() -> None:
    approved = {"detail": {"ModelApprovalStatus": "Approved"}, "resources": [PACKAGE], "time": "2026-03-01T10:00:00Z"}
    message = read(body(kind="approved", time=None, event=approved))
    assert message.event == Approved(PACKAGE, 7, "20260301100000")


@pytest.mark.parametrize("fraction", ["123Z", "123456789+00:00", f"123{'4' * 400}Z"])
def test_a_deployment_is_named_after_its_approval_to_the_millisecond_and_no_longer_than_a_name_may_be(
    fraction: str,
) -> None:
    """API_StartExecution: a name has at most 80 characters."""
    longest = body(kind="approved", package_arn=PACKAGE + "00000000", changed=f"2026-03-01T10:00:00.{fraction}")
    event = read(longest).event
    assert isinstance(event, Approved)
    assert len(f"{'a' * MAXIMUM_NAME_LENGTH}-v{event.version}-{event.approved_at}") <= 80
    assert event.approved_at == "20260301100000123"
