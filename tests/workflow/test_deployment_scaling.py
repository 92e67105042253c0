"""The deployment machine and the size of the fleet: what the settings decide, and what autoscaling has decided."""

from typing import Any

import pytest

from tests.workflow.answers import (
    NAME,
    OLD_CONFIG,
    deployment,
    endpoint,
    endpoints,
    scaled,
    scaling_policy,
    serving_variant,
)
from tests.workflow.assembly import machine
from tests.workflow.test_deployment_walk import INPUT
from tests.workflow.walk import ServiceError, Walk, walk

TARGET = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": f"endpoint/{NAME}/variant/AllTraffic",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
ANOTHER_TYPE = {"ProductionVariants": [{"VariantName": "AllTraffic", "InstanceType": "ml.m5.large"}]}
REFUSED = ServiceError("SageMaker.SageMakerException", "Cannot update endpoint")


def _update(kind: str = "one", **changes: Any) -> Walk:
    """An update of an endpoint in service. All environments here serve on ml.t2.medium."""
    answers = deployment(FindEndpoint=endpoints((NAME, "InService")), **changes)
    return walk(machine("deployment", endpoint=kind), INPUT, answers)


def _serving(instances: int) -> dict[str, Any]:
    return {**endpoint("InService", OLD_CONFIG), "ProductionVariants": [serving_variant(instances)]}


def test_where_nothing_scales_the_settings_decide_how_many_instances_serve() -> None:
    """Retained, a raised instance_count would never reach the fleet (API_UpdateEndpoint, API_VariantProperty)."""
    for kind in ("one", "linear"):
        update = _update(kind, ReadEndpoint=_serving(1)).calls["UpdateEndpoint"]
        assert update["RetainAllVariantProperties"] is False
        assert "ExcludeRetainedVariantProperties" not in update


@pytest.mark.parametrize(("instances", "kept"), [(1, False), (2, True), (3, True), (6, True)])
def test_where_autoscaling_decides_its_instances_stay_but_not_fewer_than_the_settings_want(
    instances: int, kept: bool
) -> None:
    """A single instance carried over would make a canary of one the whole fleet, which AWS refuses."""
    update = _update("canary", ReadEndpoint=_serving(instances)).calls["UpdateEndpoint"]
    assert update["RetainAllVariantProperties"] is kept


def test_another_instance_type_takes_autoscaling_off_for_the_time_of_the_update() -> None:
    """endpoint-scaling-update: the update would be refused otherwise."""
    done = _update("canary", ReadScaling=scaled(2, 4), ReadServingConfig=ANOTHER_TYPE)
    assert done.calls["StopScaling"] == TARGET
    order = [done.path.index(name) for name in ("StopScaling", "UpdateEndpoint", "RegisterScalableTarget")]
    assert order == sorted(order)
    assert done.end == "Deployed"


def test_a_new_version_on_the_same_instance_type_leaves_autoscaling_alone() -> None:
    assert "StopScaling" not in _update("canary", ReadScaling=scaled(2, 4)).path


def test_an_endpoint_that_never_scaled_has_nothing_taken_off() -> None:
    for kind in ("one", "canary"):
        assert "StopScaling" not in _update(kind, ReadServingConfig=ANOTHER_TYPE).path


def test_settings_that_no_longer_scale_remove_the_target_and_do_not_register_it_again() -> None:
    done = _update("one", ReadScaling=scaled(1, 4))
    assert done.calls["StopScaling"] == TARGET
    assert "RegisterScalableTarget" not in done.path
    assert done.end == "Deployed"


def test_a_target_that_is_gone_meanwhile_is_no_failure() -> None:
    gone = ServiceError("ApplicationAutoScaling.ObjectNotFoundException")
    done = _update("one", ReadScaling=scaled(1, 4), StopScaling=gone)
    assert done.end == "Deployed"


def test_a_serving_configuration_that_somebody_deleted_counts_as_another_instance_type() -> None:
    done = _update("canary", ReadScaling=scaled(2, 4), ReadServingConfig=REFUSED)
    assert "StopScaling" in done.path
    assert done.end == "Deployed"


ROLLED_BACK = {"DescribeEndpoint": endpoint("InService", OLD_CONFIG)}


@pytest.mark.parametrize("kind", ["one", "canary"])
@pytest.mark.parametrize(
    ("failure", "end"), [({"UpdateEndpoint": REFUSED}, "Failed"), (ROLLED_BACK, "DeploymentRolledBack")]
)
def test_a_failed_update_leaves_the_old_fleet_scaling_as_before(kind: str, failure: dict[str, Any], end: str) -> None:
    policies = {"ScalingPolicies": [scaling_policy(), scaling_policy("StepScaling")]}
    done = _update(
        kind, ReadScaling=scaled(3, 7), ReadServingConfig=ANOTHER_TYPE, ReadScalingPolicies=policies, **failure
    )
    assert done.calls["RestoreScaling"] == {**TARGET, "MinCapacity": 3, "MaxCapacity": 7}
    wanted = scaling_policy()
    assert done.path.count("RestoreScalingPolicy") == 1
    assert done.calls["RestoreScalingPolicy"] == {
        **TARGET,
        **{name: wanted[name] for name in ("PolicyName", "PolicyType", "TargetTrackingScalingPolicyConfiguration")},
    }
    assert done.end == end


def test_what_was_not_taken_off_is_not_put_on() -> None:
    for changes in ({"ReadScaling": scaled(2, 4)}, {}):
        done = _update("canary", UpdateEndpoint=REFUSED, **changes)
        assert "RestoreScaling" not in done.path


@pytest.mark.parametrize("broken", ["RestoreScaling", "LookAfterFailure", "ReadAfterFailure"])
def test_autoscaling_that_cannot_be_restored_is_told_with_the_failure_before_it(broken: str) -> None:
    done = _update("one", ReadScaling=scaled(1, 4), UpdateEndpoint=REFUSED, **{broken: REFUSED})
    assert (done.end, done.error) == ("ScalingNotRestored", "ScalingNotRestored")
    assert done.cause and "UpdateEndpoint failed with SageMaker.SageMakerException" in done.cause


def test_an_update_that_never_settles_says_that_the_endpoint_does_not_scale() -> None:
    done = _update("one", ReadScaling=scaled(1, 4), DescribeEndpoint=endpoint("Updating"))
    assert done.end == "EndpointNeverSettled"
    assert done.cause and "does not scale" in done.cause
    assert "does not scale" not in str(_update(DescribeEndpoint=endpoint("Updating")).cause)
