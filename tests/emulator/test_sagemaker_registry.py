"""The model registry: versions, approvals, and the events that start or must not start deployments."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.emulator.conftest import ACCOUNT, REGION, Emulator, statement, wait_until
from tests.emulator.sagemaker_world import IMAGE, World, create_world, error_of, fresh

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world(emulator: Emulator) -> Iterator[World]:
    yield create_world(emulator, "sageregistry")


class Listener:
    """A queue that receives every package event of one group."""

    def __init__(self, world: World, group: str) -> None:
        self._sqs = world.emulator.client("sqs")
        events = world.emulator.client("events")
        self._url = self._sqs.create_queue(QueueName=f"{group}-events")["QueueUrl"]
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{group}-events"
        rule = events.put_rule(
            Name=f"{group}-rule",
            EventPattern=json.dumps({"source": ["aws.sagemaker"], "detail": {"ModelPackageGroupName": [group]}}),
        )["RuleArn"]
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "events.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": arn,
                    "Condition": {"ArnEquals": {"aws:SourceArn": rule}},
                }
            ],
        }
        self._sqs.set_queue_attributes(QueueUrl=self._url, Attributes={"Policy": json.dumps(policy)})
        events.put_targets(Rule=f"{group}-rule", Targets=[{"Id": "queue", "Arn": arn}])
        self.heard: list[dict[str, Any]] = []

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        wait_until(lambda: len(self._listen()) >= count, 20, f"{count} events")
        return self.heard

    def _listen(self) -> list[dict[str, Any]]:
        answer = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10)
        for message in answer.get("Messages", []):
            self.heard.append(json.loads(message["Body"]))
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        return self.heard


def group(world: World) -> str:
    name = fresh("churn-group")
    world.sagemaker.create_model_package_group(ModelPackageGroupName=name)
    return name


def package(world: World, group_name: str, **more: Any) -> str:
    specification = {
        "Containers": [world.container(world.model_data())],
        "SupportedContentTypes": ["application/jsonlines"],
        "SupportedResponseMIMETypes": ["application/jsonlines"],
        "SupportedTransformInstanceTypes": ["ml.m5.large"],
        "SupportedRealtimeInferenceInstanceTypes": ["ml.t2.medium"],
    }
    request = {"ModelPackageGroupName": group_name, "InferenceSpecification": specification, **more}
    return world.sagemaker.create_model_package(**request)["ModelPackageArn"]


def test_versions_count_up_and_wait_for_approval(world: World) -> None:
    name = group(world)
    first, second = package(world, name), package(world, name, CustomerMetadataProperties={"run": "1"})
    assert first.endswith(f":model-package/{name}/1")
    described = world.sagemaker.describe_model_package(ModelPackageName=second)
    assert described["ModelPackageVersion"] == 2
    assert described["ModelApprovalStatus"] == "PendingManualApproval"
    assert described["CustomerMetadataProperties"] == {"run": "1"}
    listed = world.sagemaker.list_model_packages(
        ModelPackageGroupName=name, SortBy="CreationTime", SortOrder="Descending", MaxResults=1
    )
    assert [entry["ModelPackageArn"] for entry in listed["ModelPackageSummaryList"]] == [second]


def test_a_version_number_is_never_used_again(world: World) -> None:
    name = group(world)
    world.sagemaker.delete_model_package(ModelPackageName=package(world, name))
    assert package(world, name).endswith("/2")


def test_creation_and_every_update_tell_and_only_the_approval_names_its_field_twice(world: World) -> None:
    name = group(world)
    listener = Listener(world, name)
    arn = package(world, name)
    [created] = listener.wait_for(1)
    assert created["detail-type"] == "SageMaker Model Package State Change"
    assert created["detail"]["ModelApprovalStatus"] == "PendingManualApproval"
    assert "UpdatedModelPackageFields" not in created["detail"]
    world.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    approved = listener.wait_for(3)[1:]
    assert [event["detail"]["UpdatedModelPackageFields"] for event in approved] == [["ModelApprovalStatus"]] * 2
    assert {event["detail"]["ModelApprovalStatus"] for event in approved} == {"Approved"}
    world.sagemaker.update_model_package(ModelPackageArn=arn, CustomerMetadataProperties={"served": "yes"})
    last = listener.wait_for(4)[-1]
    assert last["detail"]["ModelApprovalStatus"] == "Approved"
    assert last["detail"]["UpdatedModelPackageFields"] == ["CustomerMetadataProperties"]


def test_approving_again_changes_nothing_and_names_no_field(world: World) -> None:
    name = group(world)
    listener = Listener(world, name)
    arn = package(world, name)
    for _ in range(2):
        world.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    assert "UpdatedModelPackageFields" not in listener.wait_for(4)[3]["detail"]


def test_an_approval_cannot_go_back_to_pending(world: World) -> None:
    arn = package(world, group(world))
    world.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    code, message = error_of(
        world.sagemaker.update_model_package, ModelPackageArn=arn, ModelApprovalStatus="PendingManualApproval"
    )
    assert (code, "cannot change from Approved" in message) == ("ValidationException", True)


def test_only_an_approved_package_becomes_a_model(world: World) -> None:
    arn = package(world, group(world))
    request = {
        "ModelName": fresh("from-package"),
        "PrimaryContainer": {"ModelPackageName": arn},
        "ExecutionRoleArn": world.role,
    }
    code, message = error_of(world.sagemaker.create_model, **request)
    assert (code, "PendingManualApproval" in message) == ("ValidationException", True)
    world.sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved")
    world.sagemaker.create_model(**request)
    described = world.sagemaker.describe_model(ModelName=request["ModelName"])
    assert described["PrimaryContainer"]["ModelPackageName"] == arn


def test_a_group_with_versions_cannot_be_deleted(world: World) -> None:
    name = group(world)
    arn = package(world, name)
    assert error_of(world.sagemaker.delete_model_package_group, ModelPackageGroupName=name)[0] == "ConflictException"
    world.sagemaker.delete_model_package(ModelPackageName=arn)
    world.sagemaker.delete_model_package_group(ModelPackageGroupName=name)
    code, message = error_of(world.sagemaker.describe_model_package_group, ModelPackageGroupName=name)
    assert (code, "does not exist" in message) == ("ValidationException", True)


def test_what_aws_refuses_about_packages_is_refused(world: World) -> None:
    name = group(world)
    tagged = error_of(package, world=world, group_name=name, Tags=[{"Key": "a", "Value": "b"}])
    assert tagged[0] == "ValidationException"
    long = error_of(package, world=world, group_name=name, CustomerMetadataProperties={"a": "x" * 257})
    assert long[0] == "ValidationException"
    crowded = {
        "Containers": [{"Image": IMAGE, "ModelDataUrl": "s3://a/b", "Environment": {f"V{i}": "1" for i in range(17)}}]
    }
    assert error_of(package, world=world, group_name=name, InferenceSpecification=crowded)[0] == "ValidationException"
    assert error_of(package, world=world, group_name="nobody")[0] == "ValidationException"


def test_model_data_that_the_role_may_not_read_is_refused_when_the_model_is_made(world: World) -> None:
    role = world.emulator.role("sageregistry-blind", "sagemaker.amazonaws.com", [statement("logs:PutLogEvents")])
    code, message = error_of(
        world.sagemaker.create_model,
        ModelName=fresh("blind"),
        PrimaryContainer=world.container(world.model_data()),
        ExecutionRoleArn=role,
    )
    assert (code, "Could not access model data" in message) == ("ValidationException", True)


def test_tags_are_kept_changed_and_forgotten(world: World) -> None:
    name = fresh("churn-group")
    arn = world.sagemaker.create_model_package_group(
        ModelPackageGroupName=name, Tags=[{"Key": "team", "Value": "growth"}]
    )["ModelPackageGroupArn"]
    world.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "stage", "Value": "dev"}])
    world.sagemaker.delete_tags(ResourceArn=arn, TagKeys=["team"])
    assert world.sagemaker.list_tags(ResourceArn=arn)["Tags"] == [{"Key": "stage", "Value": "dev"}]
    world.sagemaker.delete_model_package_group(ModelPackageGroupName=name)
    assert error_of(world.sagemaker.list_tags, ResourceArn=arn)[0] == "ValidationException"


def test_tags_at_creation_need_their_own_permission(world: World) -> None:
    base = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}"
    own = [statement("sagemaker:CreateModelPackageGroup", f"{base}:model-package-group/*")]
    role = world.emulator.role("sageregistry-tagger", "lambda.amazonaws.com", own)
    client = world.emulator.client("sagemaker", world.emulator.session(role))
    tags = [{"Key": "team", "Value": "growth"}]
    client.create_model_package_group(ModelPackageGroupName=fresh("untagged"))
    code, message = error_of(client.create_model_package_group, ModelPackageGroupName=fresh("tagged"), Tags=tags)
    assert (code, "sagemaker:AddTags" in message) == ("AccessDeniedException", True)


def test_handing_a_role_over_needs_pass_role_for_sagemaker(world: World) -> None:
    base = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}"
    statements = [statement("sagemaker:CreateModel", f"{base}:model/*")]
    role = world.emulator.role("sageregistry-passer", "lambda.amazonaws.com", statements)
    client = world.emulator.client("sagemaker", world.emulator.session(role))
    request = {
        "ModelName": fresh("passed"),
        "PrimaryContainer": world.container(world.model_data()),
        "ExecutionRoleArn": world.role,
    }
    code, message = error_of(client.create_model, **request)
    assert (code, "iam:PassRole" in message) == ("AccessDeniedException", True)
    condition = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    allowed = [*statements, statement("iam:PassRole", world.role, Condition=condition)]
    world.emulator.allow("sageregistry-passer", allowed)
    client.create_model(**request)
