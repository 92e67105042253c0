"""Application Auto Scaling, for endpoint variants only: what is checked before scaling does its work."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from rehearsal.emulator import permissions
from rehearsal.emulator.sagemaker import scaling, shapes
from rehearsal.emulator.sagemaker.errors import ServiceError, denied, unsupported
from rehearsal.emulator.sagemaker.scalable_targets import targets
from rehearsal.emulator.sagemaker.store import Record, lock

TARGET_PREFIX = "AnyScaleFrontendService."
OPERATIONS = scaling.OPERATIONS
SUPPORTED: dict[str, frozenset[str]] = {
    name: frozenset(members.split())
    for name, members in {
        "RegisterScalableTarget": "ServiceNamespace ResourceId ScalableDimension MinCapacity MaxCapacity",
        "DeregisterScalableTarget": "ServiceNamespace ResourceId ScalableDimension",
        "DescribeScalableTargets": "ServiceNamespace ResourceIds ScalableDimension MaxResults NextToken",
        "PutScalingPolicy": "PolicyName ServiceNamespace ResourceId ScalableDimension PolicyType"
        " TargetTrackingScalingPolicyConfiguration.TargetValue"
        " TargetTrackingScalingPolicyConfiguration.PredefinedMetricSpecification"
        " TargetTrackingScalingPolicyConfiguration.ScaleOutCooldown"
        " TargetTrackingScalingPolicyConfiguration.ScaleInCooldown"
        " TargetTrackingScalingPolicyConfiguration.DisableScaleIn",
        "DeleteScalingPolicy": "PolicyName ServiceNamespace ResourceId ScalableDimension",
        "DescribeScalingPolicies": "PolicyNames ServiceNamespace ResourceId ScalableDimension MaxResults NextToken",
    }.items()
}


def call(operation: str, parameters: Mapping[str, Any], *, caller: str | None = None) -> Record:
    """Perform an operation on the scalable targets of endpoints."""
    if operation not in OPERATIONS:
        raise ServiceError("UnknownOperationException", f"the rehearsal's auto scaling does not play {operation}")
    given = {name: value for name, value in parameters.items() if value is not None}
    shapes.check("application-autoscaling", operation, given, SUPPORTED[operation])
    if (
        given["ServiceNamespace"] != scaling.NAMESPACE
        or given.get("ScalableDimension", scaling.DIMENSION) != scaling.DIMENSION
    ):
        raise unsupported(f"auto scaling of anything but {scaling.DIMENSION}")
    if operation == "RegisterScalableTarget":
        _check_linked_role(caller)
    with lock:
        answer = OPERATIONS[operation](given)
    return shapes.answer("application-autoscaling", operation, answer)


def resource_arn(body: bytes) -> str:
    """The resource that IAM is asked about: the scalable target where one is known, else any."""
    any_target = f"{scaling.arn_start()}:scalable-target/*"
    try:
        resource = json.loads(body or b"{}").get("ResourceId")
    except (ValueError, RecursionError, AttributeError):
        return any_target
    target = targets.get(resource) if isinstance(resource, str) else None
    return target["ScalableTargetARN"] if target else any_target


def _check_linked_role(caller: str | None) -> None:
    """Registering makes the service-linked role, with the permission of whoever registers."""
    if caller is None:
        return
    question = permissions.Question(
        caller, "iam:CreateServiceLinkedRole", scaling.linked_role_arn(), {"iam:AWSServiceName": scaling.SERVICE}
    )
    reason = permissions.refusal(question)
    if reason is not None:
        raise denied(reason)
