"""Scalable targets of endpoint variants and the policies on them. The alarms of a policy do not scale here."""

from __future__ import annotations

import re
import time
import uuid

from rehearsal.emulator import settings
from rehearsal.emulator.sagemaker import endpoints as endpoint_operations
from rehearsal.emulator.sagemaker import scalable_targets
from rehearsal.emulator.sagemaker.errors import ServiceError, unsupported, validation
from rehearsal.emulator.sagemaker.paging import page
from rehearsal.emulator.sagemaker.scalable_targets import DIMENSION, NAMESPACE, policies, targets
from rehearsal.emulator.sagemaker.store import Record, endpoints

RESOURCE = re.compile(r"^endpoint/(?P<endpoint>[^/]+)/variant/(?P<variant>[^/]+)$")
SERVICE = "sagemaker.application-autoscaling.amazonaws.com"
ROLE_NAME = "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
SIZE = 50


def linked_role_arn() -> str:
    """The service-linked role under which a variant is scaled."""
    return f"arn:aws:iam::{settings.account_id()}:role/aws-service-role/{SERVICE}/{ROLE_NAME}"


def arn_start() -> str:
    return f"arn:aws:application-autoscaling:{settings.region()}:{settings.account_id()}"


def _register(parameters: Record) -> Record:
    resource = parameters["ResourceId"]
    target = targets.get(resource)
    name, variant = _variant(resource)
    known = target or {}
    lowest = parameters.get("MinCapacity", known.get("MinCapacity"))
    highest = parameters.get("MaxCapacity", known.get("MaxCapacity"))
    if lowest is None or highest is None:
        raise validation("MinCapacity and MaxCapacity are needed for a new scalable target")
    if lowest > highest:
        raise validation(f"MinCapacity {lowest} must not be greater than MaxCapacity {highest}")
    if target is None:
        target = targets[resource] = {
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
    scalable_targets.remove(_target(parameters, "found")["ResourceId"])
    return {}


def _describe_targets(parameters: Record) -> Record:
    wanted = parameters.get("ResourceIds")
    found = [target for target in targets.values() if not wanted or target["ResourceId"] in wanted]
    return page(found, {"MaxResults": SIZE, **parameters}, "ScalableTargets")


def _put_policy(parameters: Record) -> Record:
    target = _target(parameters, "registered")
    if parameters.get("PolicyType") != "TargetTrackingScaling":
        raise unsupported(f"scaling policies of type {parameters.get('PolicyType', 'StepScaling')}")
    configuration = parameters.get("TargetTrackingScalingPolicyConfiguration") or {}
    metric = (configuration.get("PredefinedMetricSpecification") or {}).get("PredefinedMetricType")
    if metric != "SageMakerVariantInvocationsPerInstance":
        raise unsupported(f"scaling by the metric {metric}")
    key = (target["ResourceId"], parameters["PolicyName"])
    known = policies.get(key, {})
    if known:
        scalable_targets.remove_policy(key)
    place = f"arn:aws:autoscaling:{settings.region()}:{settings.account_id()}:scalingPolicy:{uuid.uuid4()}"
    arn = f"{place}:resource/{NAMESPACE}/{target['ResourceId']}:policyName/{parameters['PolicyName']}"
    policy_arn = known.get("PolicyARN", arn)
    policies[key] = {
        **parameters,
        "PolicyARN": policy_arn,
        "CreationTime": known.get("CreationTime", time.time()),
        "Alarms": scalable_targets.make_alarms(target["ResourceId"], policy_arn, float(configuration["TargetValue"])),
    }
    return {"PolicyARN": policy_arn, "Alarms": policies[key]["Alarms"]}


def _delete_policy(parameters: Record) -> Record:
    key = (parameters["ResourceId"], parameters["PolicyName"])
    if key not in policies:
        raise _not_found("scaling policy found", f"{key[0]}, scalable dimension: {DIMENSION}, policy name: {key[1]}")
    scalable_targets.remove_policy(key)
    return {}


def _describe_policies(parameters: Record) -> Record:
    resource, names = parameters.get("ResourceId"), parameters.get("PolicyNames")
    found = [
        policy
        for (owner, name), policy in policies.items()
        if resource in (None, owner) and (not names or name in names)
    ]
    return page(found, {"MaxResults": SIZE, **parameters}, "ScalingPolicies")


def _target(parameters: Record, wanted: str) -> Record:
    target = targets.get(parameters["ResourceId"])
    if target is None:
        raise _not_found(f"scalable target {wanted}", f"{parameters['ResourceId']}, scalable dimension: {DIMENSION}")
    return target


def _not_found(what: str, where: str) -> ServiceError:
    return ServiceError(
        "ObjectNotFoundException", f"No {what} for service namespace: {NAMESPACE}, resource ID: {where}"
    )


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
