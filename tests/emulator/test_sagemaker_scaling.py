"""Endpoints whose fleet changes size: what an update carries over, what autoscaling forbids, and what its end takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.emulator.conftest import Emulator, statement
from tests.emulator.sagemaker_world import World, create_world, error_of, fresh

pytestmark = pytest.mark.slow

DIMENSION = {"ServiceNamespace": "sagemaker", "ScalableDimension": "sagemaker:variant:DesiredInstanceCount"}
SCALES, SCALES_TOO = "ml.m5.large", "ml.m5.xlarge"
HALF = {"Type": "INSTANCE_COUNT", "Value": 1}


@pytest.fixture(scope="module")
def world(emulator: Emulator) -> Iterator[World]:
    yield create_world(emulator, "sagescale")


@pytest.fixture
def scaling(world: World) -> Any:
    return world.emulator.client("application-autoscaling")


@pytest.fixture
def registered(world: World, scaling: Any) -> Iterator[str]:
    """An endpoint that autoscaling moves between two and four instances."""
    name, _ = world.endpoint(instance_type=SCALES)
    scaling.register_scalable_target(**DIMENSION, ResourceId=resource(name), MinCapacity=2, MaxCapacity=4)
    scaling.put_scaling_policy(**policy(name))
    yield name
    world.remove(name)


def resource(endpoint: str) -> str:
    return f"endpoint/{endpoint}/variant/AllTraffic"


def policy(endpoint: str) -> dict[str, Any]:
    return {
        **DIMENSION,
        "PolicyName": f"{endpoint}-requests",
        "ResourceId": resource(endpoint),
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": 100.0,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
        },
    }


def canary() -> dict[str, Any]:
    routing = {"Type": "CANARY", "CanarySize": HALF, "WaitIntervalInSeconds": 0}
    policy = {"TrafficRoutingConfiguration": routing, "MaximumExecutionTimeoutInSeconds": 1800}
    return {"BlueGreenUpdatePolicy": policy}


def instances(world: World, endpoint: str) -> int:
    [variant] = world.sagemaker.describe_endpoint(EndpointName=endpoint)["ProductionVariants"]
    return int(variant["CurrentInstanceCount"])


def new_config(world: World, **more: Any) -> str:
    return world.config(world.model(world.model_data(2.0)), **more)


def test_an_excluded_property_comes_from_the_new_configuration(world: World) -> None:
    """API_VariantProperty: DesiredInstanceCount overrides the existing counts with InitialInstanceCount."""
    name, _ = world.endpoint()
    world.sagemaker.update_endpoint(
        EndpointName=name,
        EndpointConfigName=new_config(world, instances=2),
        RetainAllVariantProperties=True,
        ExcludeRetainedVariantProperties=[{"VariantPropertyType": "DesiredInstanceCount"}],
    )
    assert world.settled(name)["EndpointStatus"] == "InService"
    assert instances(world, name) == 2
    world.remove(name)


def test_a_canary_is_measured_against_the_fleet_that_is_carried_over(world: World) -> None:
    """API_TrafficRoutingConfig: at most 50 % of the variant's total instance count, which a retained count decides."""
    name, _ = world.endpoint()
    request = {
        "EndpointName": name,
        "EndpointConfigName": new_config(world, instances=2),
        "DeploymentConfig": canary(),
    }
    code, message = error_of(world.sagemaker.update_endpoint, **request, RetainAllVariantProperties=True)
    assert (code, "less than or equal to 50%" in message) == ("ValidationException", True)
    world.sagemaker.update_endpoint(**request)
    assert world.settled(name)["EndpointStatus"] == "InService"
    assert instances(world, name) == 2
    world.remove(name)


def test_an_update_to_another_instance_type_is_refused_while_the_variant_is_a_scalable_target(
    world: World, scaling: Any, registered: str
) -> None:
    """endpoint-scaling-update: "If the update would change the instance type ..., the update fails"."""
    other = {"EndpointName": registered, "EndpointConfigName": new_config(world, instance_type=SCALES_TOO)}
    code, message = error_of(world.sagemaker.update_endpoint, **other)
    assert (code, "deregistered" in message) == ("ValidationException", True)
    same = new_config(world, instance_type=SCALES)
    world.sagemaker.update_endpoint(EndpointName=registered, EndpointConfigName=same)
    assert world.settled(registered)["EndpointConfigName"] == same
    scaling.deregister_scalable_target(**DIMENSION, ResourceId=resource(registered))
    world.sagemaker.update_endpoint(**other)
    assert world.settled(registered)["EndpointConfigName"] == other["EndpointConfigName"]


def test_deregistering_takes_the_policies_and_their_alarms(world: World, scaling: Any, registered: str) -> None:
    """API_DeregisterScalableTarget: deletes the scaling policies; a target tracking policy owns two alarms."""
    cloudwatch = world.emulator.client("cloudwatch")
    prefix = f"TargetTracking-{resource(registered)}"
    [found] = scaling.describe_scaling_policies(ServiceNamespace="sagemaker", ResourceId=resource(registered))[
        "ScalingPolicies"
    ]
    alarms = {alarm["AlarmName"] for alarm in found["Alarms"]}
    assert {name.removeprefix(prefix).rsplit("-", 5)[0] for name in alarms} == {"-AlarmHigh", "-AlarmLow"}
    listed = cloudwatch.describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"]
    assert {alarm["AlarmName"] for alarm in listed} == alarms
    scaling.put_scaling_policy(**policy(registered))
    assert len(cloudwatch.describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"]) == 2

    scaling.deregister_scalable_target(**DIMENSION, ResourceId=resource(registered))

    assert cloudwatch.describe_alarms(AlarmNamePrefix=prefix)["MetricAlarms"] == []
    assert scaling.describe_scaling_policies(ServiceNamespace="sagemaker")["ScalingPolicies"] == []
    assert scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"] == []


def test_what_is_not_registered_is_not_found(scaling: Any) -> None:
    """The words of a recording of AWS: ansible #35632 has those of PutScalingPolicy."""
    where = {**DIMENSION, "ResourceId": resource("nobody")}
    words = "for service namespace: sagemaker, resource ID: endpoint/nobody/variant/AllTraffic, scalable dimension: "
    code, message = error_of(scaling.deregister_scalable_target, **where)
    assert (code, message) == (
        "ObjectNotFoundException",
        f"No scalable target found {words}{DIMENSION['ScalableDimension']}",
    )
    code, message = error_of(scaling.put_scaling_policy, **policy("nobody"))
    assert (code, message) == (
        "ObjectNotFoundException",
        f"No scalable target registered {words}{DIMENSION['ScalableDimension']}",
    )


def test_an_endpoint_that_scales_is_deleted_by_those_who_may_deregister_it(world: World, scaling: Any) -> None:
    """endpoint-delete-with-scaling; the words are recorded in awslabs/stable-diffusion-aws-extension #161."""
    name, _ = world.endpoint(instance_type=SCALES)
    scaling.register_scalable_target(**DIMENSION, ResourceId=resource(name), MinCapacity=1, MaxCapacity=2)
    role_name = fresh("deleter")
    delete = statement("sagemaker:DeleteEndpoint")
    role = world.emulator.role(role_name, "states.amazonaws.com", [delete])
    client = world.emulator.client("sagemaker", world.emulator.session(role))
    _, message = error_of(client.delete_endpoint, EndpointName=name)
    assert "does not have application-autoscaling:DeregisterScalableTarget permission" in message
    world.emulator.allow(role_name, [delete, statement("application-autoscaling:DeregisterScalableTarget")])
    client.delete_endpoint(EndpointName=name)
    assert scaling.describe_scalable_targets(ServiceNamespace="sagemaker")["ScalableTargets"] == []
