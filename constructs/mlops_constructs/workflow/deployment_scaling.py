"""The deployment machine's autoscaling: taken off where it would refuse the update, put on the fleet that holds."""

from collections.abc import Mapping
from typing import Any

from mlops_constructs.workflow import retries
from mlops_constructs.workflow.asl import State, States, choice, ignored, jsonata, task
from mlops_constructs.workflow.deployment_release import VARIANT
from mlops_constructs.workflow.values import Workflow

UNKNOWN_TYPE = "unknown"
GONE = "ApplicationAutoScaling.ObjectNotFoundException"


def stop_scaling_states(workflow: Workflow) -> States:
    """The endpoint that serves to one that may be updated.

    SageMaker refuses another instance type while the variant is a scalable target, and a target that the settings no
    longer want would go on scaling to its old limits. What is taken off is remembered, for the way back.
    """
    scaling = workflow.deployment.scaling
    another = "$serving_type != $settings.serving_instance_type" if scaling.autoscales else "true"
    return {
        "ReadServingConfig": _read_serving_config(),
        "ReadScaling": _read_scaling(),
        "ScalingInTheWay?": choice((f"$scaled and {another}", "ReadScalingPolicies"), otherwise="UpdateEndpoint"),
        "ReadScalingPolicies": _read_policies(),
        "StopScaling": _scaling_task(
            "deregisterScalableTarget",
            scalable_target(),
            next_state="UpdateEndpoint",
            assign={"scaling_stopped": True},
            catch_first=[ignored("UpdateEndpoint", errors=(GONE,))],
        ),
    }


def start_scaling_states(workflow: Workflow) -> States:
    """A proven endpoint to one that scales, where the settings say so."""
    scaling = workflow.deployment.scaling
    return {
        "Autoscale?": choice(
            (f"{scaling.maximum_instances} > {scaling.minimum_instances}", "RegisterScalableTarget"),
            otherwise="RecordChampion",
        ),
        "RegisterScalableTarget": register_target(
            scaling.minimum_instances, scaling.maximum_instances, next_state="PutScalingPolicy"
        ),
        "PutScalingPolicy": put_policy(
            jsonata("$name & '-requests'"),
            {
                "TargetValue": scaling.invocations_per_instance,
                "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
                "ScaleInCooldown": 600,
                "ScaleOutCooldown": 120,
            },
            next_state="RecordChampion",
        ),
    }


def scalable_target() -> dict[str, str]:
    """The endpoint's one variant, as Application Auto Scaling names it."""
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": jsonata(f"'endpoint/' & $name & '/variant/{VARIANT}'"),
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }


def register_target(lowest: int | str, highest: int | str, *, next_state: str) -> State:
    """Let the variant scale between two numbers of instances."""
    limits = {"MinCapacity": lowest, "MaxCapacity": highest}
    return _scaling_task("registerScalableTarget", {**scalable_target(), **limits}, next_state=next_state)


def put_policy(name: str, configuration: Mapping[str, Any] | str, *, next_state: str) -> State:
    """Let the variant follow a metric."""
    policy = {
        "PolicyName": name,
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": configuration,
    }
    return _scaling_task("putScalingPolicy", {**scalable_target(), **policy}, next_state=next_state)


def _read_serving_config() -> State:
    """The instance type that serves. A configuration that somebody deleted does not say; then it counts as another."""
    kind = f"$states.result.ProductionVariants[VariantName = '{VARIANT}'].InstanceType"
    deleted = ignored("ReadScaling", errors=("SageMaker.SageMakerException",), assign={"serving_type": UNKNOWN_TYPE})
    return task(
        "aws-sdk:sagemaker:describeEndpointConfig",
        {"EndpointConfigName": jsonata("$serving_config")},
        retry=retries.SAGEMAKER_API,
        timeout_seconds=60,
        next_state="ReadScaling",
        assign={"serving_type": jsonata(f"$exists({kind}) ? {kind} : '{UNKNOWN_TYPE}'")},
        catch_first=[deleted],
    )


def _read_scaling() -> State:
    target, found = scalable_target(), "$states.result.ScalableTargets[0]"
    return _scaling_task(
        "describeScalableTargets",
        {
            "ServiceNamespace": target["ServiceNamespace"],
            "ResourceIds": [target["ResourceId"]],
            "ScalableDimension": target["ScalableDimension"],
        },
        next_state="ScalingInTheWay?",
        assign={
            "scaled": jsonata(f"$exists({found})"),
            "scaled_from": jsonata(f"$exists({found}) ? {found}.MinCapacity : 0"),
            "scaled_to": jsonata(f"$exists({found}) ? {found}.MaxCapacity : 0"),
        },
    )


def _read_policies() -> State:
    """Deregistering deletes the policies as well. Those of other types are made by people, who must make them again."""
    kept = "function($policy) { $policy.PolicyType = 'TargetTrackingScaling' }"
    return _scaling_task(
        "describeScalingPolicies",
        scalable_target(),
        next_state="StopScaling",
        assign={"scaling_policies": jsonata(f"[$filter($states.result.ScalingPolicies, {kept})]")},
    )


def _scaling_task(operation: str, arguments: Mapping[str, Any], *, next_state: str, **more: Any) -> State:
    return task(
        f"aws-sdk:applicationautoscaling:{operation}",
        arguments,
        retry=retries.AUTOSCALING,
        timeout_seconds=60,
        next_state=next_state,
        **more,
    )
