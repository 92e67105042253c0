"""Studio's objects and what they leave behind; auto scaling of endpoint variants."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.emulator.conftest import Emulator, statement
from tests.emulator.sagemaker_world import World, create_world, error_of, fresh

pytestmark = pytest.mark.slow

DIMENSION = {"ServiceNamespace": "sagemaker", "ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}


@pytest.fixture(scope="module")
def world(emulator: Emulator) -> Iterator[World]:
    yield create_world(emulator, "sagestudio")


def domain(world: World) -> tuple[str, str, str]:
    """A domain in a VPC of its own; its id, the VPC's and the subnet's."""
    ec2 = world.emulator.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.7.1.0/24")["Subnet"]["SubnetId"]
    made = world.sagemaker.create_domain(
        DomainName=fresh("team"),
        AuthMode="IAM",
        DefaultUserSettings={"ExecutionRole": world.role},
        SubnetIds=[subnet],
        VpcId=vpc,
        AppNetworkAccessType="VpcOnly",
    )
    return made["DomainArn"].rsplit("/", 1)[-1], vpc, subnet


def test_a_domain_brings_a_file_system_and_two_security_groups(world: World) -> None:
    identifier, vpc, _ = domain(world)
    described = world.sagemaker.describe_domain(DomainId=identifier)
    assert described["Status"] == "InService"
    efs = world.emulator.client("efs")
    assert efs.describe_file_systems(FileSystemId=described["HomeEfsFileSystemId"])["FileSystems"]
    assert group_names(world, vpc) == {f"security-group-for-{way}-nfs-{identifier}" for way in ("inbound", "outbound")}


@pytest.mark.parametrize(("policy", "left"), [({"HomeEfsFileSystem": "Delete"}, 0), (None, 1)])
def test_a_deleted_domain_keeps_its_file_system_unless_told_and_its_groups_always(
    world: World, policy: dict[str, str] | None, left: int
) -> None:
    identifier, vpc, _ = domain(world)
    file_system = world.sagemaker.describe_domain(DomainId=identifier)["HomeEfsFileSystemId"]
    more = {"RetentionPolicy": policy} if policy else {}
    world.sagemaker.delete_domain(DomainId=identifier, **more)
    systems = world.emulator.client("efs").describe_file_systems()["FileSystems"]
    assert sum(system["FileSystemId"] == file_system for system in systems) == left
    assert len(group_names(world, vpc)) == 2
    assert error_of(world.sagemaker.describe_domain, DomainId=identifier)[0] == "ResourceNotFound"


def test_a_domain_goes_last_after_profiles_spaces_and_apps(world: World) -> None:
    identifier, _, _ = domain(world)
    here = {"DomainId": identifier}
    world.sagemaker.create_user_profile(**here, UserProfileName="ann")
    world.sagemaker.create_space(
        **here,
        SpaceName="lab",
        OwnershipSettings={"OwnerUserProfileName": "ann"},
        SpaceSharingSettings={"SharingType": "Private"},
    )
    app = {**here, "SpaceName": "lab", "AppType": "JupyterLab", "AppName": "default"}
    world.sagemaker.create_app(**app)
    assert error_of(world.sagemaker.delete_domain, **here)[0] == "ResourceInUse"
    assert error_of(world.sagemaker.delete_space, **here, SpaceName="lab")[0] == "ResourceInUse"
    assert error_of(world.sagemaker.delete_user_profile, **here, UserProfileName="ann")[0] == "ResourceInUse"
    world.sagemaker.delete_app(**app)
    assert world.sagemaker.list_apps(DomainIdEquals=identifier)["Apps"][0]["Status"] == "Deleted"
    world.sagemaker.delete_space(**here, SpaceName="lab")
    world.sagemaker.delete_user_profile(**here, UserProfileName="ann")
    world.sagemaker.delete_domain(**here)


def test_a_variant_is_scaled_into_the_limits_that_are_registered(world: World) -> None:
    name, _ = world.endpoint()
    resource = f"endpoint/{name}/variant/AllTraffic"
    scaling = world.emulator.client("application-autoscaling")
    scaling.register_scalable_target(**DIMENSION, ResourceId=resource, MinCapacity=2, MaxCapacity=4)
    endpoint = world.sagemaker.describe_endpoint(EndpointName=name)
    assert endpoint["ProductionVariants"][0]["DesiredInstanceCount"] == 2
    scaling.put_scaling_policy(**policy(resource))
    [found] = scaling.describe_scaling_policies(ServiceNamespace="sagemaker", ResourceId=resource)["ScalingPolicies"]
    assert found["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 100.0
    scaling.deregister_scalable_target(**DIMENSION, ResourceId=resource)
    code, _ = error_of(scaling.put_scaling_policy, **policy(resource))
    assert code == "ObjectNotFoundException"
    assert scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"] == []
    world.remove(name)


def test_scaling_what_is_not_there_is_refused(world: World) -> None:
    scaling = world.emulator.client("application-autoscaling")
    request = {**DIMENSION, "ResourceId": "endpoint/nobody/variant/AllTraffic", "MinCapacity": 1, "MaxCapacity": 2}
    code, message = error_of(scaling.register_scalable_target, **request)
    assert (code, "does not exist" in message) == ("ValidationException", True)


def test_registering_needs_the_permission_for_the_service_linked_role(world: World) -> None:
    name = "sagestudio-scaler"
    role = world.emulator.role(name, "states.amazonaws.com", [statement("application-autoscaling:*")])
    client = world.emulator.client("application-autoscaling", world.emulator.session(role))
    request = {**DIMENSION, "ResourceId": "endpoint/nobody/variant/AllTraffic", "MinCapacity": 1, "MaxCapacity": 2}
    code, message = error_of(client.register_scalable_target, **request)
    assert (code, "iam:CreateServiceLinkedRole" in message) == ("AccessDeniedException", True)
    condition = {"StringLike": {"iam:AWSServiceName": "sagemaker.application-autoscaling.amazonaws.com"}}
    linked = statement("iam:CreateServiceLinkedRole", Condition=condition)
    world.emulator.allow(name, [statement("application-autoscaling:*"), linked])
    assert error_of(client.register_scalable_target, **request)[0] == "ValidationException"


def policy(resource: str) -> dict[str, Any]:
    return {
        **DIMENSION,
        "PolicyName": "invocations",
        "ResourceId": resource,
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": 100.0,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
        },
    }


def group_names(world: World, vpc: str) -> set[str]:
    groups = world.emulator.client("ec2").describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    return {group["GroupName"] for group in groups["SecurityGroups"] if group["GroupName"] != "default"}
