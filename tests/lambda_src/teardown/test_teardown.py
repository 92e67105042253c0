# ruff: noqa: N803 (parameters are spelled as the service spells them)
"""The teardown against an account that takes its time, refuses what AWS refuses, and holds things of others."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from lambda_src.teardown.handler import Teardown
from lambda_src.teardown.runner import STEPS
from tests.lambda_src.fakes import Pages, client_error

PREFIX = "mlops-dev"
REQUEST = {
    "RequestType": "Delete",
    "ResponseURL": "http://127.0.0.1:1/answer",
    "StackId": "stack",
    "RequestId": "request",
    "LogicalResourceId": "Teardown",
    "PhysicalResourceId": "teardown-Teardown",
    "ResourceProperties": {"ServiceToken": "arn", "NamePrefix": PREFIX, "SecurityGroupIds": ["sg-1"]},
}


@dataclass
class Account:
    """Everything the platform's machines may leave behind, beside things that are not ours."""

    endpoints: dict[str, str] = field(
        default_factory=lambda: {f"{PREFIX}-churn": "InService", "mlops-development-churn": "InService"}
    )
    configs: set[str] = field(default_factory=lambda: {f"{PREFIX}-churn-v1", "mlops-prod-churn-v1"})
    models: set[str] = field(default_factory=lambda: {f"{PREFIX}-churn-v1", f"not-{PREFIX}-churn"})
    packages: dict[str, list[str]] = field(
        default_factory=lambda: {f"{PREFIX}-churn": ["arn:1", "arn:2"], "mlops-prod-churn": ["arn:9"]}
    )
    rules: dict[str, str] = field(default_factory=lambda: {f"{PREFIX}-step-Upload": "ENABLED", "other": "ENABLED"})
    mappings: dict[str, str] = field(
        default_factory=lambda: {f"{PREFIX}-lambda-Starter": "Enabled", "other": "Enabled"}
    )
    executions: dict[str, list[str]] = field(
        default_factory=lambda: {f"{PREFIX}-training": ["run-1"], "mlops-prod-training": ["run-9"]}
    )
    jobs: dict[str, str] = field(default_factory=lambda: {f"{PREFIX}-churn-1-train-00": "InProgress"})
    targets: set[str] = field(default_factory=lambda: {f"endpoint/{PREFIX}-churn/variant/AllTraffic", "endpoint/x/y"})
    alarms: dict[str, str] = field(
        default_factory=lambda: {
            f"{PREFIX}-churn-guard": "EndpointConfigName",
            f"{PREFIX}-monitoring-X": "EndpointName",
        }
    )
    interfaces: list[dict[str, str]] = field(default_factory=list)
    apps: dict[str, str] = field(default_factory=dict)
    spaces: set[str] = field(default_factory=set)
    domains: set[str] = field(default_factory=set)
    homes: dict[str, list[str]] = field(default_factory=dict)
    """File systems of domains and their mount targets."""
    profiles: set[str] = field(default_factory=set)
    nfs_groups: dict[str, bool] = field(default_factory=dict)
    objects: dict[str, list[str]] = field(default_factory=dict)
    policies: dict[str, str] = field(default_factory=dict)
    images: dict[str, list[str]] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    invoked: list[dict[str, Any]] = field(default_factory=list)
    denied: str = ""

    def client(self, service: str) -> "Client":
        return Client(self, service)

    def tick(self) -> None:
        """A while later: what was on its way is finished."""
        self.endpoints = {name: status for name, status in self.endpoints.items() if status != "Deleting"}
        self.mappings = {name: status.replace("Disabling", "Disabled") for name, status in self.mappings.items()}
        self.jobs = {name: status.replace("Stopping", "Stopped") for name, status in self.jobs.items()}
        self.apps = {name: status.replace("Deleting", "Deleted") for name, status in self.apps.items()}
        self.interfaces = [entry for entry in self.interfaces if entry.get("InterfaceType") == "lambda"]


@dataclass
class Client:
    """One service of the account; unknown operations are errors."""

    account: Account
    service: str

    def get_paginator(self, operation: str) -> Pages:
        def pages(**arguments: Any) -> Iterator[dict[str, Any]]:
            key, entries = getattr(self, f"_{operation}")(**arguments)
            for entry in [*entries]:
                yield {key: [entry]}

        return Pages(pages)

    meta: Any = field(default_factory=lambda: SimpleNamespace(partition="aws-cn"))

    def __getattr__(self, operation: str) -> Any:
        if operation.startswith("_"):
            raise AttributeError(operation)

        def call(**arguments: Any) -> Any:
            self.account.done.append(operation)
            if self.account.denied == operation:
                raise client_error("AccessDeniedException", operation, f"not authorized to perform {operation}")
            return getattr(self, f"_do_{operation}")(**arguments) or {}

        return call

    # --- listings ---

    def _list_rules(self, *, NamePrefix: str) -> Any:
        rules = self.account.rules.items()
        return "Rules", [{"Name": name, "State": state} for name, state in rules if name.startswith(NamePrefix)]

    def _list_event_source_mappings(self) -> Any:
        arn = "arn:aws:lambda:eu-west-1:123456789012:function:"
        mappings = self.account.mappings.items()
        return "EventSourceMappings", [
            {"UUID": name, "State": state, "FunctionArn": arn + name} for name, state in mappings
        ]

    def _list_state_machines(self) -> Any:
        return "stateMachines", [{"name": name, "stateMachineArn": name} for name in self.account.executions]

    def _list_executions(self, *, stateMachineArn: str, statusFilter: str) -> Any:
        assert statusFilter == "RUNNING"
        return "executions", [{"executionArn": name} for name in self.account.executions[stateMachineArn]]

    def _list_training_jobs(self, *, NameContains: str, StatusEquals: str) -> Any:
        jobs = self.account.jobs.items()
        return "TrainingJobSummaries", [{"TrainingJobName": name} for name, status in jobs if status == StatusEquals]

    def _list_transform_jobs(self, **_: Any) -> Any:
        return "TransformJobSummaries", []

    def _describe_scalable_targets(self, *, ServiceNamespace: str) -> Any:
        dimension = "sagemaker:variant:DesiredInstanceCount"
        return "ScalableTargets", [
            {"ResourceId": name, "ScalableDimension": dimension} for name in sorted(self.account.targets)
        ]

    def _list_endpoints(self, *, NameContains: str) -> Any:
        return "Endpoints", [
            {"EndpointName": name, "EndpointStatus": status} for name, status in self.account.endpoints.items()
        ]

    def _list_endpoint_configs(self, *, NameContains: str) -> Any:
        return "EndpointConfigs", [{"EndpointConfigName": name} for name in sorted(self.account.configs)]

    def _list_models(self, *, NameContains: str) -> Any:
        return "Models", [{"ModelName": name} for name in sorted(self.account.models)]

    def _list_model_package_groups(self, *, NameContains: str) -> Any:
        groups = [{"ModelPackageGroupName": name} for name in self.account.packages]
        return "ModelPackageGroupSummaryList", groups

    def _list_model_packages(self, *, ModelPackageGroupName: str) -> Any:
        packages = self.account.packages[ModelPackageGroupName]
        return "ModelPackageSummaryList", [{"ModelPackageArn": arn} for arn in packages]

    def _describe_alarms(self, *, AlarmNamePrefix: str, AlarmTypes: list[str]) -> Any:
        return "MetricAlarms", [
            {"AlarmName": name, "Dimensions": [{"Name": dimension, "Value": "x"}]}
            for name, dimension in self.account.alarms.items()
            if name.startswith(AlarmNamePrefix)
        ]

    def _describe_network_interfaces(self, *, Filters: list[dict[str, Any]]) -> Any:
        assert Filters == [{"Name": "group-id", "Values": ["sg-1"]}]
        return "NetworkInterfaces", self.account.interfaces

    def _list_apps(self, *, DomainIdEquals: str) -> Any:
        return "Apps", [
            {"AppName": name, "AppType": "JupyterLab", "SpaceName": "space", "Status": status}
            for name, status in self.account.apps.items()
        ]

    def _list_spaces(self, *, DomainIdEquals: str) -> Any:
        return "Spaces", [{"SpaceName": name, "Status": "InService"} for name in self.account.spaces]

    def _list_user_profiles(self, *, DomainIdEquals: str) -> Any:
        return "UserProfiles", [{"UserProfileName": name, "Status": "InService"} for name in self.account.profiles]

    def _list_domains(self) -> Any:
        return "Domains", [{"DomainId": name, "Status": "InService"} for name in self.account.domains]

    def _describe_security_groups(self, *, Filters: list[dict[str, Any]]) -> Any:
        return "SecurityGroups", [
            {"GroupId": name, "GroupName": name, "IpPermissions": [{"IpProtocol": "tcp"}] if ruled else []}
            for name, ruled in self.account.nfs_groups.items()
            if name in Filters[0]["Values"]
        ]

    def _list_multipart_uploads(self, *, Bucket: str, EncodingType: str) -> Any:
        return "Uploads", []

    def _list_images(self, *, repositoryName: str) -> Any:
        if repositoryName not in self.account.images:
            raise client_error("RepositoryNotFoundException")
        return "imageIds", [{"imageDigest": name} for name in self.account.images[repositoryName]]

    # --- operations ---

    def _do_disable_rule(self, *, Name: str) -> None:
        self.account.rules[Name] = "DISABLED"

    def _do_update_event_source_mapping(self, *, UUID: str, Enabled: bool) -> None:
        assert not Enabled
        self.account.mappings[UUID] = "Disabling"

    def _do_stop_execution(self, *, executionArn: str, error: str, cause: str) -> None:
        for running in self.account.executions.values():
            if executionArn in running:
                running.remove(executionArn)

    def _do_stop_training_job(self, *, TrainingJobName: str) -> None:
        self.account.jobs[TrainingJobName] = "Stopping"

    def _do_deregister_scalable_target(self, *, ResourceId: str, **_: Any) -> None:
        self.account.targets.remove(ResourceId)

    def _do_delete_endpoint(self, *, EndpointName: str) -> None:
        if self.account.endpoints[EndpointName] == "Updating":
            self.account.endpoints[EndpointName] = "InService"
            raise client_error("ValidationException", "DeleteEndpoint", "Cannot delete an updating endpoint")
        self.account.endpoints[EndpointName] = "Deleting"

    def _do_delete_endpoint_config(self, *, EndpointConfigName: str) -> None:
        assert f"{PREFIX}-churn" not in self.account.endpoints, "the config is in use"
        self.account.configs.remove(EndpointConfigName)

    def _do_delete_model(self, *, ModelName: str) -> None:
        assert f"{PREFIX}-churn-v1" not in self.account.configs, "the model is in use"
        self.account.models.remove(ModelName)

    def _do_delete_model_package(self, *, ModelPackageName: str) -> None:
        for versions in self.account.packages.values():
            if ModelPackageName in versions:
                versions.remove(ModelPackageName)

    def _do_delete_alarms(self, *, AlarmNames: list[str]) -> None:
        for name in AlarmNames:
            del self.account.alarms[name]

    def _do_delete_app(self, *, DomainId: str, AppType: str, AppName: str, SpaceName: str) -> None:
        self.account.apps[AppName] = "Deleting"

    def _do_delete_space(self, *, DomainId: str, SpaceName: str) -> None:
        assert all(status == "Deleted" for status in self.account.apps.values()), "the space has an app"
        self.account.spaces.remove(SpaceName)

    def _do_delete_user_profile(self, *, DomainId: str, UserProfileName: str) -> None:
        self.account.profiles.remove(UserProfileName)

    def _do_delete_domain(self, *, DomainId: str, RetentionPolicy: dict[str, str]) -> None:
        assert not self.account.profiles | self.account.spaces, "the domain is not empty"
        self.account.domains.remove(DomainId)
        if RetentionPolicy == {"HomeEfsFileSystem": "Delete"}:
            self.account.homes.pop(f"fs-{DomainId}", None)

    def _do_describe_domain(self, *, DomainId: str) -> dict[str, str]:
        return {"HomeEfsFileSystemId": f"fs-{DomainId}"}

    def _do_describe_mount_targets(self, *, FileSystemId: str) -> dict[str, Any]:
        targets = self.account.homes[FileSystemId]
        return {"MountTargets": [{"MountTargetId": name, "LifeCycleState": "available"} for name in targets]}

    def _do_delete_mount_target(self, *, MountTargetId: str) -> None:
        for targets in self.account.homes.values():
            if MountTargetId in targets:
                targets.remove(MountTargetId)

    def _do_revoke_security_group_ingress(self, *, GroupId: str, IpPermissions: list[Any]) -> None:
        self.account.nfs_groups[GroupId] = False

    def _do_delete_security_group(self, *, GroupId: str) -> None:
        if any(self.account.nfs_groups.values()):
            raise client_error("DependencyViolation")
        del self.account.nfs_groups[GroupId]

    def _do_list_object_versions(self, *, Bucket: str) -> dict[str, Any]:
        if Bucket not in self.account.objects:
            raise client_error("NoSuchBucket")
        page = self.account.objects[Bucket][:2]
        found = [{"Key": name, "VersionId": "1"} for name in page]
        markers = [entry for entry in found if entry["Key"].startswith("deleted-")]
        return {"Versions": [entry for entry in found if entry not in markers], "DeleteMarkers": markers}

    def _do_get_bucket_policy(self, *, Bucket: str) -> dict[str, Any]:
        if Bucket not in self.account.policies:
            raise client_error("NoSuchBucketPolicy", "GetBucketPolicy")
        return {"Policy": self.account.policies[Bucket]}

    def _do_put_bucket_policy(self, *, Bucket: str, Policy: str) -> None:
        self.account.policies[Bucket] = Policy

    def _do_put_bucket_logging(self, *, Bucket: str, BucketLoggingStatus: dict[str, Any]) -> None:
        assert BucketLoggingStatus == {}
        if Bucket not in self.account.objects:
            raise client_error("NoSuchBucket", "PutBucketLogging")

    def _do_delete_objects(self, *, Bucket: str, Delete: dict[str, Any]) -> None:
        for entry in Delete["Objects"]:
            self.account.objects[Bucket].remove(entry["Key"])

    def _do_batch_delete_image(self, *, repositoryName: str, imageIds: list[dict[str, str]]) -> dict[str, Any]:
        for image in imageIds:
            self.account.images[repositoryName].remove(image["imageDigest"])
        return {"failures": []}

    def _do_invoke(self, *, FunctionName: str, InvocationType: str, Payload: bytes) -> None:
        assert (FunctionName, InvocationType) == ("itself", "Event")
        self.account.invoked.append(json.loads(Payload))


@dataclass
class Cloudformation:
    """Keeps the answers, and gives the function its invocations."""

    account: Account = field(default_factory=Account)
    now: float = 1000.0
    invocation_seconds: float = 900.0
    answers: list[tuple[str, str]] = field(default_factory=list)

    def pause(self, seconds: float) -> None:
        self.now += seconds
        self.account.tick()

    def invoke(self, event: dict[str, Any]) -> None:
        end = self.now + self.invocation_seconds
        Teardown(
            client=self.account.client,
            answer=lambda _, status, reason: self.answers.append((status, reason)),
            function_name="itself",
            seconds_left=lambda: end - self.now,
            now=lambda: self.now,
            pause=self.pause,
        ).handle(event)

    def delete(self, **properties: Any) -> tuple[str, str]:
        """Invoke until the answer is there; there must be exactly one."""
        self.invoke(REQUEST | {"ResourceProperties": REQUEST["ResourceProperties"] | properties})
        while self.account.invoked:
            assert not self.answers
            self.invoke(self.account.invoked.pop(0))
        (answer,) = self.answers
        self.answers.clear()
        return answer


def test_everything_that_the_machines_made_goes_and_nothing_else() -> None:
    cloud = Cloudformation()
    assert cloud.delete() == ("SUCCESS", "")
    account = cloud.account
    assert account.endpoints == {"mlops-development-churn": "InService"}
    assert account.configs == {"mlops-prod-churn-v1"}
    assert account.models == {f"not-{PREFIX}-churn"}
    assert account.rules == {f"{PREFIX}-step-Upload": "DISABLED", "other": "ENABLED"}
    assert account.mappings == {f"{PREFIX}-lambda-Starter": "Disabled", "other": "Enabled"}
    assert account.executions == {f"{PREFIX}-training": [], "mlops-prod-training": ["run-9"]}
    assert account.targets == {"endpoint/x/y"}
    assert account.alarms == {f"{PREFIX}-monitoring-X": "EndpointName"}
    assert account.jobs == {f"{PREFIX}-churn-1-train-00": "Stopped"}


def test_nothing_may_start_before_anything_is_stopped_and_what_serves_goes_from_the_outside_in() -> None:
    cloud = Cloudformation()
    cloud.delete(DeleteRegistry="true")
    done = list(dict.fromkeys(cloud.account.done))
    assert done == [
        "disable_rule", "update_event_source_mapping", "stop_execution", "stop_training_job",
        "deregister_scalable_target", "delete_endpoint", "delete_alarms", "delete_endpoint_config", "delete_model",
        "delete_model_package",
    ]  # fmt: skip


def test_the_registry_stays_unless_it_may_go() -> None:
    cloud = Cloudformation()
    cloud.delete()
    assert cloud.account.packages[f"{PREFIX}-churn"] == ["arn:1", "arn:2"]
    cloud.delete(DeleteRegistry="true")
    assert cloud.account.packages == {f"{PREFIX}-churn": [], "mlops-prod-churn": ["arn:9"]}


def test_a_second_delete_finds_nothing_and_succeeds() -> None:
    cloud = Cloudformation()
    cloud.delete()
    cloud.account.done.clear()
    assert cloud.delete() == ("SUCCESS", "")
    assert cloud.account.done == []


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_creation_and_update_answer_at_once_and_touch_nothing(kind: str) -> None:
    cloud = Cloudformation()
    cloud.invoke(REQUEST | {"RequestType": kind})
    assert cloud.answers == [("SUCCESS", "")]
    assert cloud.account.done == []


def test_it_waits_for_the_network_interfaces_of_its_groups_but_not_for_those_of_functions() -> None:
    cloud = Cloudformation()
    cloud.account.interfaces = [
        {"NetworkInterfaceId": "eni-1", "InterfaceType": "interface"},
        {"NetworkInterfaceId": "eni-2", "InterfaceType": "lambda"},
    ]
    assert cloud.delete() == ("SUCCESS", "")
    assert [entry["NetworkInterfaceId"] for entry in cloud.account.interfaces] == ["eni-2"]


def test_long_work_goes_on_in_further_invocations_with_what_remains() -> None:
    cloud = Cloudformation(invocation_seconds=45.5)
    handed_over: list[list[str]] = []
    invoke = cloud.invoke

    def watched(event: dict[str, Any]) -> None:
        handed_over.append(event.get("remaining", list(STEPS)))
        invoke(event)

    cloud.invoke = watched  # type: ignore[method-assign]
    assert cloud.delete() == ("SUCCESS", "")
    assert len(handed_over) > 2
    assert all(len(later) <= len(earlier) for earlier, later in zip(handed_over, handed_over[1:], strict=False))


def test_when_the_time_is_up_the_answer_is_a_failure_that_names_the_obstacle() -> None:
    cloud = Cloudformation()
    cloud.account.interfaces = [{"NetworkInterfaceId": "eni-9", "InterfaceType": "interface"}]
    cloud.account.tick = lambda: (
        Account.tick(cloud.account)
        or cloud.account.interfaces.append(  # type: ignore
            {"NetworkInterfaceId": "eni-9", "InterfaceType": "interface"}
        )
    )
    status, reason = cloud.delete(TimeBudgetSeconds="1800")
    assert status == "FAILED"
    assert "eni-9" in reason
    assert "delete the stack again" in reason
    assert cloud.now - 1000 < 1900


@pytest.mark.parametrize("operation", ["disable_rule", "delete_endpoint", "delete_model"])
def test_a_refused_call_is_answered_as_a_failure_with_its_reason(operation: str) -> None:
    cloud = Cloudformation()
    cloud.account.denied = operation
    status, reason = cloud.delete()
    assert status == "FAILED"
    assert f"not authorized to perform {operation}" in reason


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"NamePrefix": ""}, "NamePrefix is ''"),
        ({"NamePrefix": "m"}, "NamePrefix is 'm'"),
        ({"NamePrefix": "mlops-dev-"}, "without a dash at the end"),
        ({"BucketNames": "one"}, "BucketNames is 'one'"),
        ({"DeleteRegistry": "yes"}, "must be true or false"),
        ({"DeleteDomain": "true"}, "DomainId is not given"),
        ({"Prefix": "x"}, "unknown property Prefix"),
    ],
)
def test_wrong_properties_are_refused_before_anything_is_touched(properties: dict[str, Any], reason: str) -> None:
    cloud = Cloudformation()
    status, found = cloud.delete(**properties)
    assert status == "FAILED"
    assert reason in found
    assert cloud.account.done == []


def test_an_endpoint_in_the_middle_of_an_update_is_deleted_when_it_is_settled() -> None:
    cloud = Cloudformation()
    cloud.account.endpoints[f"{PREFIX}-churn"] = "Updating"
    assert cloud.delete() == ("SUCCESS", "")
    assert f"{PREFIX}-churn" not in cloud.account.endpoints


def test_buckets_and_repositories_are_emptied_where_named_and_may_be_gone_already() -> None:
    cloud = Cloudformation()
    cloud.account.objects = {"one": ["a", "b", "deleted-c", "deleted-d", "e"], "kept": ["x"]}
    cloud.account.images = {"ours": ["sha1", "sha2"], "kept": ["sha3"]}
    answer = cloud.delete(BucketNames=["gone", "one"], RepositoryNames=["gone", "ours"])
    assert answer == ("SUCCESS", "")
    assert cloud.account.objects == {"one": [], "kept": ["x"]}
    assert cloud.account.images == {"ours": [], "kept": ["sha3"]}


@pytest.mark.parametrize("before", [[], [{"Sid": "OnlyTls", "Effect": "Deny"}]])
def test_access_logs_are_refused_long_before_their_bucket_is_emptied(before: list[dict[str, str]]) -> None:
    cloud = Cloudformation()
    cloud.account.objects = {"data": ["a"], "logs": ["b"]}
    if before:
        cloud.account.policies = {"logs": json.dumps({"Version": "2012-10-17", "Statement": before})}
    assert cloud.delete(BucketNames=["data", "logs"], LogBucketName="logs") == ("SUCCESS", "")
    [*kept, deny] = json.loads(cloud.account.policies["logs"])["Statement"]
    assert kept == before
    assert deny == {
        "Sid": "NoMoreAccessLogs",
        "Effect": "Deny",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws-cn:s3:::logs/*",
    }
    done = cloud.account.done
    assert done.index("put_bucket_policy") < done.index("stop_execution") < done.index("delete_objects")
    assert done.count("put_bucket_logging") == 1


def test_a_teardown_that_goes_on_does_not_refuse_logs_twice() -> None:
    cloud = Cloudformation()
    cloud.account.objects = {"data": [], "logs": []}
    for _ in range(2):
        assert cloud.delete(BucketNames=["data", "logs"], LogBucketName="logs") == ("SUCCESS", "")
    assert len(json.loads(cloud.account.policies["logs"])["Statement"]) == 1


def test_apps_and_spaces_of_the_domain_go_and_the_domain_only_where_told() -> None:
    cloud = Cloudformation()
    account = cloud.account
    account.apps, account.spaces, account.domains, account.profiles = {"a": "InService"}, {"space"}, {"d-1"}, {"user"}
    account.nfs_groups = {"security-group-for-inbound-nfs-d-1": True, "security-group-for-inbound-nfs-d-2": False}
    assert cloud.delete(DomainId="d-1") == ("SUCCESS", "")
    assert (account.apps, account.spaces) == ({"a": "Deleted"}, set())
    assert (account.domains, account.profiles) == ({"d-1"}, {"user"})
    assert cloud.delete(DomainId="d-1", DeleteDomain="true") == ("SUCCESS", "")
    assert (account.domains, account.profiles) == (set(), set())
    assert set(account.nfs_groups) == {"security-group-for-inbound-nfs-d-2"}


@pytest.mark.parametrize(("keep", "left"), [("true", {"fs-d-1": []}), ("false", {})])
def test_homes_that_are_kept_stay_without_what_would_hold_the_network(keep: str, left: dict[str, list[str]]) -> None:
    cloud = Cloudformation()
    cloud.account.domains, cloud.account.homes = {"d-1"}, {"fs-d-1": ["fsmt-1", "fsmt-2"]}
    assert cloud.delete(DomainId="d-1", DeleteDomain="true", KeepHomes=keep) == ("SUCCESS", "")
    assert cloud.account.domains == set()
    assert cloud.account.homes == left
