"""Scalable targets of endpoint variants and the policies on them. The alarms of a policy do not act here."""

from __future__ import annotations

import re
import time
import uuid

from rehearsal.emulator import settings
from rehearsal.emulator.sagemaker import endpoints as endpoint_operations
from rehearsal.emulator.sagemaker.errors import ServiceError, unsupported, validation
from rehearsal.emulator.sagemaker.paging import page
from rehearsal.emulator.sagemaker.store import Record, endpoints

NAMESPACE = "sagemaker"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"
RESOURCE = re.compile(r"^endpoint/(?P<endpoint>[^/]+)/variant/(?P<variant>[^/]+)$")
SERVICE = "sagemaker.application-autoscaling.amazonaws.com"
ROLE_NAME = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
SIZE = 50

_targets: dict[str, Record] = {}
_policies: dict[tuple[str, str], Record] = {}


def linked_role_arn() -> str:
    """The service-linked role under which a variant is scaled."""
    return f"arn:aws:iam::{settings.account_id()}:role/aws-service-role/{SERVICE}/{ROLE_NAME}"


def arn_start() -> str:
    return f"arn:aws:application-autoscaling:{settings.region()}:{settings.account_id()}"


def known_target(resource: str) -> Record | None:
    return _targets.get(resource)


def _register(parameters: Record) -> Record:
    resource = parameters["ResourceId"]
    target = _targets.get(resource)
    name, variant = _variant(resource)
    known = target or {}
    lowest = parameters.get("MinCapacity", known.get("MinCapacity"))
    highest = parameters.get("MaxCapacity", known.get("MaxCapacity"))
    if lowest is None or highest is None:
        raise validation("MinCapacity and MaxCapacity are needed for a new scalable target")
    if lowest > highest:
        raise validation(f"MinCapacity {lowest} must not be greater than MaxCapacity {highest}")
    if target is None:
        target = _targets[resource] = {
            "ServiceNamespace": NAMESPACE,
            "ResourceId": resource,
            "ScalableDimension": DIMENSION,
            "CreationTime": time.time(),
            "ScalableTargetARN": f"{arn_start()}:scalable-target/{uuid.uuid4().hex}",
            "RoleARN": linked_role_arn(),
        }
    target.update(MinCapacity=lowest, MaxCapacity=highest)
    wanted = min(max(variant["CurrentInstanceCount"], lowest), highest)
    if wanted != variant["CurrentInstanceCount"]:
        capacity = {"VariantName": variant["VariantName"], "DesiredInstanceCount": wanted}
        endpoint_operations.update_capacities({"EndpointName": name, "DesiredWeightsAndCapacities": [capacity]})
    return {"ScalableTargetARN": target["ScalableTargetARN"]}


def _deregister(parameters: Record) -> Record:
    resource = _target(parameters)["ResourceId"]
    del _targets[resource]
    for key in [key for key in _policies if key[0] == resource]:
        del _policies[key]
    return {}


def _describe_targets(parameters: Record) -> Record:
    wanted = parameters.get("ResourceIds")
    found = [target for target in _targets.values() if not wanted or target["ResourceId"] in wanted]
    return page(found, {"MaxResults": SIZE, **parameters}, "ScalableTargets")


def _put_policy(parameters: Record) -> Record:
    target = _target(parameters)
    if parameters.get("PolicyType") != "TargetTrackingScaling":
        raise unsupported(f"scaling policies of type {parameters.get('PolicyType', 'StepScaling')}")
    configuration = parameters.get("TargetTrackingScalingPolicyConfiguration") or {}
    metric = (configuration.get("PredefinedMetricSpecification") or {}).get("PredefinedMetricType")
    if metric != "SageMakerVariantInvocationsPerInstance":
        raise unsupported(f"scaling by the metric {metric}")
    key = (target["ResourceId"], parameters["PolicyName"])
    known = _policies.get(key, {})
    place = f"arn:aws:autoscaling:{settings.region()}:{settings.account_id()}:scalingPolicy:{uuid.uuid4()}"
    arn = f"{place}:resource/{NAMESPACE}/{target['ResourceId']}:policyName/{parameters['PolicyName']}"
    _policies[key] = {
        **parameters,
        "PolicyARN": known.get("PolicyARN", arn),
        "CreationTime": known.get("CreationTime", time.time()),
    }
    return {"PolicyARN": _policies[key]["PolicyARN"], "Alarms": []}


def _delete_policy(parameters: Record) -> Record:
    target = _target(parameters)
    if _policies.pop((target["ResourceId"], parameters["PolicyName"]), None) is None:
        raise ServiceError("ObjectNotFoundException", f"No scaling policy found: {parameters['PolicyName']}")
    return {}


def _describe_policies(parameters: Record) -> Record:
    resource, names = parameters.get("ResourceId"), parameters.get("PolicyNames")
    found = [
        policy
        for (owner, name), policy in _policies.items()
        if resource in (None, owner) and (not names or name in names)
    ]
    return page(found, {"MaxResults": SIZE, **parameters}, "ScalingPolicies")


def _target(parameters: Record) -> Record:
    target = _targets.get(parameters["ResourceId"])
    if target is None:
        raise ServiceError(
            "ObjectNotFoundException",
            f"No scalable target found for service namespace: {NAMESPACE}, resource ID: {parameters['ResourceId']},"
            f" scalable dimension: {DIMENSION}",
        )
    return target


def _variant(resource: str) -> tuple[str, Record]:
    found = RESOURCE.match(resource)
    if found is None:
        raise validation(f"ResourceId {resource} is not endpoint/<name>/variant/<name>")
    endpoint = endpoints.find(found["endpoint"])
    if endpoint is None or endpoint["EndpointStatus"] != "InService":
        status = "does not exist" if endpoint is None else f"is {endpoint['EndpointStatus']}"
        raise validation(f"Endpoint {found['endpoint']} {status}: only a variant in service can be registered")
    for variant in endpoint["ProductionVariants"]:
        if variant["VariantName"] == found["variant"]:
            return endpoint["EndpointName"], variant
    raise validation(f"Endpoint {found['endpoint']} has no variant {found['variant']}")


OPERATIONS = {
    "RegisterScalableTarget": _register,
    "DeregisterScalableTarget": _deregister,
    "DescribeScalableTargets": _describe_targets,
    "PutScalingPolicy": _put_policy,
    "DeleteScalingPolicy": _delete_policy,
    "DescribeScalingPolicies": _describe_policies,
}
