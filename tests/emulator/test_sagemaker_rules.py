"""Rules of the played SageMaker that need no running emulator: requests, batches, roll-outs, alarms, archives."""

from __future__ import annotations

import io
import os
import tarfile
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.emulator.sagemaker import (
    access,
    alarms,
    approvals,
    archives,
    autoscaling,
    batches,
    dispatch,
    paging,
    rollout,
    shapes,
    supported,
)
from rehearsal.emulator.sagemaker.errors import ServiceError
from rehearsal.emulator.sagemaker.fleets import Fleet
from rehearsal.emulator.sagemaker.objects import DataError
from rehearsal.emulator.sagemaker.patterns import pattern
from rehearsal.emulator.sagemaker.traffic import Traffic

BASE = "arn:aws:sagemaker:us-east-1:000000000000"


def test_every_operation_that_is_played_says_which_members_it_plays() -> None:
    assert set(dispatch.OPERATIONS) == set(supported.MEMBERS)


@pytest.mark.parametrize("operation", sorted(supported.MEMBERS))
def test_every_member_that_is_said_to_be_played_is_one_of_aws(operation: str) -> None:
    for path in supported.MEMBERS[operation]:
        shape: Any = shapes.operation("sagemaker", operation).input_shape
        for name in path.split("."):
            shape = shape.member if shape.type_name == "list" else shape
            assert name in shape.members, f"{operation}: {path}"
            shape = shape.members[name]


PLAYED = [("sagemaker", name) for name in sorted(supported.MEMBERS)]
PLAYED += [("application-autoscaling", name) for name in sorted(autoscaling.OPERATIONS)]


@pytest.mark.parametrize(("service", "operation"), PLAYED)
def test_every_pattern_of_a_played_operation_can_be_read(service: str, operation: str) -> None:
    waiting, seen = [shapes.operation(service, operation).input_shape], set()
    while waiting:
        shape: Any = waiting.pop()
        if shape.name in seen:
            continue
        seen.add(shape.name)
        if "pattern" in shape.metadata:
            pattern(shape.metadata["pattern"])
        waiting += [*getattr(shape, "members", {}).values()]
        waiting += [getattr(shape, part) for part in ("member", "key", "value") if hasattr(shape, part)]


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({}, "Value null at 'modelName' failed to satisfy constraint: Member must not be null"),
        ({"ModelName": "a_b"}, "Member must satisfy regular expression pattern"),
        ({"ModelName": "a", "Colour": "red"}, "Member is unknown"),
        ({"ModelName": "a", "EnableNetworkIsolation": "true"}, "Member must be a boolean"),
        ({"ModelName": "a", "VpcConfig": {"Subnets": [], "SecurityGroupIds": ["sg-1"]}}, "vpcConfig.subnets"),
    ],
)
def test_a_wrong_request_gets_awss_words(parameters: dict[str, Any], words: str) -> None:
    with pytest.raises(ServiceError) as caught:
        shapes.check("sagemaker", "CreateModel", parameters, supported.MEMBERS["CreateModel"])
    assert caught.value.code == "ValidationException"
    assert words in caught.value.message


def test_a_member_that_would_be_left_out_is_refused_by_its_path() -> None:
    request = {"ModelName": "a", "PrimaryContainer": {"Image": "i", "MultiModelConfig": {}}}
    with pytest.raises(ServiceError) as caught:
        shapes.check("sagemaker", "CreateModel", request, supported.MEMBERS["CreateModel"])
    assert caught.value.code == "NotSupportedByRehearsal"
    assert "PrimaryContainer.MultiModelConfig of CreateModel" in caught.value.message


def test_answers_hold_what_awss_model_has_and_nothing_else() -> None:
    kept = {"ModelName": "a", "ModelArn": "b", "_inner": 1, "PrimaryContainer": {"Image": "i", "_secret": 2}}
    assert shapes.answer("sagemaker", "DescribeModel", kept) == {
        "ModelName": "a",
        "PrimaryContainer": {"Image": "i"},
        "ModelArn": "b",
    }


@given(
    lines=st.lists(st.binary(max_size=20).map(lambda line: line.replace(b"\n", b"")), min_size=1, max_size=30),
    limit=st.integers(min_value=21, max_value=60),
    many=st.booleans(),
    ended=st.booleans(),
)
def test_batches_hold_every_byte_in_order_and_stay_below_the_limit(
    lines: list[bytes], limit: int, many: bool, ended: bool
) -> None:
    content = b"\n".join(lines) + (b"\n" if ended else b"")
    bodies = list(batches.split(content, by_line=True, many=many, limit=limit))
    assert b"".join(bodies) == content
    assert all(len(body) <= limit for body in bodies)
    assert many or all(body.count(b"\n") <= 1 for body in bodies)
    assert all(body.endswith(b"\n") for body in bodies[:-1])


def test_a_record_that_does_not_fit_is_refused() -> None:
    with pytest.raises(batches.RecordTooLong):
        list(batches.split(b"12345\n", by_line=True, many=True, limit=5))


def test_an_empty_object_is_one_empty_request() -> None:
    assert list(batches.split(b"", by_line=True, many=True, limit=5)) == [b""]
    assert batches.assemble([b""], by_line=True) == b""


def test_assembling_by_line_ends_every_answer_with_one_newline() -> None:
    assert batches.assemble([b"a", b"b\n"], by_line=True) == b"a\nb\n"
    assert batches.assemble([b"a", b"b\n"], by_line=False) == b"ab\n"


def policy(routing: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, **more}}


def canary(value: int, kind: str = "INSTANCE_COUNT") -> dict[str, Any]:
    return {"Type": "CANARY", "CanarySize": {"Type": kind, "Value": value}, "WaitIntervalInSeconds": 60}


@pytest.mark.parametrize(
    ("routing", "instances", "steps"),
    [
        ({"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}, 1, ((1.0, 0),)),
        (canary(1), 2, ((0.5, 60), (1.0, 0))),
        (canary(25, "CAPACITY_PERCENT"), 4, ((0.25, 60), (1.0, 0))),
        (
            {
                "Type": "LINEAR",
                "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 50},
                "WaitIntervalInSeconds": 30,
            },
            2,
            ((0.5, 30), (1.0, 0)),
        ),
    ],
)
def test_traffic_moves_in_the_steps_that_were_asked_for(
    routing: dict[str, Any], instances: int, steps: tuple[tuple[float, int], ...]
) -> None:
    assert rollout.plan(policy(routing), instances).steps == steps


@pytest.mark.parametrize(
    ("deployment", "instances"),
    [
        (policy(canary(1)), 1),
        (policy(canary(3)), 5),
        (policy(canary(10, "CAPACITY_PERCENT")), 2),
        (policy({"Type": "CANARY", "WaitIntervalInSeconds": 60}), 2),
        (policy({**canary(1), "Type": "ALL_AT_ONCE"}), 2),
        (policy(canary(1), TerminationWaitInSeconds=600, MaximumExecutionTimeoutInSeconds=600), 2),
    ],
)
def test_a_rollout_that_aws_refuses_is_refused(deployment: dict[str, Any], instances: int) -> None:
    with pytest.raises(ServiceError) as caught:
        rollout.plan(deployment, instances)
    assert caught.value.code == "ValidationException"


@given(share=st.floats(min_value=0.05, max_value=0.95))
def test_the_share_of_the_new_fleet_is_the_share_that_was_set(share: float) -> None:
    old, new = Fleet("old"), Fleet("new")
    for fleet in (old, new):
        fleet.variants.append(type("Stub", (), {"weight": 1.0, "name": "AllTraffic"})())  # pyright: ignore
    way = Traffic(old)
    way.split(new, share)
    got = sum(way.choose(None)[0] is new for _ in range(400)) / 400
    assert abs(got - share) < 0.03


APPROVALS = {
    ("PendingManualApproval", "Approved"): True,
    ("PendingManualApproval", "Rejected"): True,
    ("Approved", "Rejected"): True,
    ("Rejected", "Approved"): True,
    ("Approved", "PendingManualApproval"): False,
    ("Rejected", "PendingManualApproval"): False,
    ("Approved", "Approved"): True,
}


@pytest.mark.parametrize(("before", "after"), sorted(APPROVALS))
def test_approvals_go_only_the_ways_that_aws_lists(before: str, after: str) -> None:
    package = {"ModelApprovalStatus": before, "ModelPackageArn": f"{BASE}:model-package/churn/1"}
    try:
        approvals.check_transition(package, after)
    except ServiceError as error:
        assert error.code == "ValidationException"
        assert not APPROVALS[before, after]
    else:
        assert APPROVALS[before, after]


def alarm(**more: Any) -> dict[str, Any]:
    given_: dict[str, Any] = {
        "Period": 60,
        "EvaluationPeriods": 2,
        "Threshold": 1.0,
        "Statistic": "Sum",
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    }
    return {**given_, **more}


@pytest.mark.parametrize(
    ("ages", "more", "state"),
    [
        ((10,), {"TreatMissingData": "notBreaching", "DatapointsToAlarm": 1}, "ALARM"),
        ((10,), {"TreatMissingData": "notBreaching"}, "OK"),
        ((10, 70), {"TreatMissingData": "notBreaching"}, "ALARM"),
        ((10,), {"TreatMissingData": "breaching"}, "ALARM"),
        ((500,), {"TreatMissingData": "notBreaching"}, "OK"),
        ((), {"TreatMissingData": "missing"}, "INSUFFICIENT_DATA"),
        ((), {"TreatMissingData": "ignore"}, None),
    ],
)
def test_an_alarm_counts_its_own_periods_and_treats_missing_ones_as_told(
    ages: tuple[int, ...], more: dict[str, Any], state: str | None
) -> None:
    now = time.time()
    points = [{"Timestamp": now - age, "Value": 1.0} for age in ages]
    assert alarms.state_of(alarm(**more), points, now) == state


@pytest.mark.parametrize(
    ("operation", "parameters", "resource"),
    [
        ("CreateTrainingJob", {"TrainingJobName": "Churn-1"}, f"{BASE}:training-job/churn-1"),
        ("CreateModelPackage", {"ModelPackageGroupName": "churn"}, f"{BASE}:model-package/churn/*"),
        ("UpdateModelPackage", {"ModelPackageArn": f"{BASE}:model-package/churn/3"}, f"{BASE}:model-package/churn/3"),
        ("DescribeModelPackageGroup", {"ModelPackageGroupName": "churn"}, f"{BASE}:model-package-group/churn"),
        ("UpdateEndpointWeightsAndCapacities", {"EndpointName": "churn"}, f"{BASE}:endpoint/churn"),
        ("DeleteUserProfile", {"DomainId": "d-1", "UserProfileName": "ann"}, f"{BASE}:user-profile/d-1/ann"),
        ("AddTags", {"ResourceArn": f"{BASE}:model/churn"}, f"{BASE}:model/churn"),
        ("ListEndpoints", {"NameContains": "churn"}, "*"),
        ("CreateDomain", {"DomainName": "team"}, "*"),
    ],
)
def test_iam_is_asked_about_the_resource_of_the_request(
    operation: str, parameters: dict[str, Any], resource: str
) -> None:
    assert access.operation_resource(operation, parameters) == resource


def test_an_invocation_is_an_action_of_its_own_on_the_endpoint() -> None:
    path = "/endpoints/Churn/invocations"
    assert access.iam_action(path, {}) == "sagemaker:InvokeEndpoint"
    assert access.resource_arn(path, {}, b"1,2") == f"{BASE}:endpoint/churn"


def test_pages_follow_each_other_without_loss() -> None:
    rows = [{"Name": f"row-{number}", "CreationTime": float(number)} for number in range(25)]
    found, token = [], {}
    while True:
        answer = paging.page(rows, {"MaxResults": 10, **token}, "Rows")
        found += answer["Rows"]
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert found == rows
    with pytest.raises(ServiceError):
        paging.page(rows, {"NextToken": "nonsense"}, "Rows")


def test_an_archive_has_the_same_bytes_whenever_it_is_made(tmp_path: Path) -> None:
    for name, moment in (("first", 1_000_000), ("second", 2_000_000)):
        folder = tmp_path / name
        (folder / "code").mkdir(parents=True)
        for path in (folder / "model.json", folder / "code" / "inference.py"):
            path.write_text("{}")
            os.utime(path, (moment, moment))
    (tmp_path / "second" / "model.json").chmod(0o600)
    first, second = archives.pack(tmp_path / "first"), archives.pack(tmp_path / "second")
    assert first == second
    with tarfile.open(fileobj=io.BytesIO(first)) as content:
        assert content.getnames() == ["code", "code/inference.py", "model.json"]


def test_a_zip_is_no_model_archive(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        archives.unpack(b"PK\x03\x04 not a tar", tmp_path)
