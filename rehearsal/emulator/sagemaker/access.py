"""The questions to IAM about a request: the action, the resource, and what one question does not cover."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from rehearsal.emulator import permissions
from rehearsal.emulator.sagemaker import names, scalable_targets
from rehearsal.emulator.sagemaker.errors import denied

INVOCATION_PATH = re.compile(r"^/endpoints/(?P<endpoint>[^/]+)/invocations/?$")
TARGET_PREFIX = "SageMaker."
VERBS = "(?:Create|Describe|Update|Delete|Stop)"
NOUN = re.compile(rf"^{VERBS}(?P<noun>[A-Z]\w*?)(?:WeightsAndCapacities)?$")

# Noun of the operation -> kind in the ARN, member(s) of the request that name the object.
RESOURCES: dict[str, tuple[str, tuple[str, ...]]] = {
    "TrainingJob": ("training-job", ("TrainingJobName",)),
    "TransformJob": ("transform-job", ("TransformJobName",)),
    "Model": ("model", ("ModelName",)),
    "EndpointConfig": ("endpoint-config", ("EndpointConfigName",)),
    "Endpoint": ("endpoint", ("EndpointName",)),
    "ModelPackageGroup": ("model-package-group", ("ModelPackageGroupName",)),
    "ModelPackage": ("model-package", ("ModelPackageArn", "ModelPackageName", "ModelPackageGroupName")),
    "Domain": ("domain", ("DomainId",)),
    "UserProfile": ("user-profile", ("DomainId", "UserProfileName")),
    "Space": ("space", ("DomainId", "SpaceName")),
    "App": ("app", ("DomainId", "UserProfileName", "SpaceName", "AppType", "AppName")),
}
PATHS = ("user-profile", "space", "app")
CONFIG_TOO = ("CreateEndpoint", "UpdateEndpoint")
TAGS = ("AddTags", "ListTags", "DeleteTags")


def iam_action(path: str, headers: Mapping[str, str]) -> str | None:
    """The action of a request to SageMaker or its runtime; None when it is neither."""
    if INVOCATION_PATH.match(path):
        return "sagemaker:InvokeEndpoint"
    operation = operation_of(headers)
    return f"sagemaker:{operation}" if operation else None


def operation_of(headers: Mapping[str, str]) -> str:
    """The operation that the request's target header names."""
    target = headers.get("x-amz-target", "")
    return target.removeprefix(TARGET_PREFIX) if target.startswith(TARGET_PREFIX) else ""


def resource_arn(path: str, headers: Mapping[str, str], body: bytes) -> str:
    """The resource that IAM is asked about; `*` for operations that have none."""
    invocation = INVOCATION_PATH.match(path)
    if invocation:
        return names.arn("endpoint", unquote(invocation["endpoint"]))
    try:
        parameters = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        return "*"
    return operation_resource(operation_of(headers), parameters) if isinstance(parameters, dict) else "*"


def operation_resource(operation: str, parameters: Mapping[str, Any]) -> str:
    """The resource of an operation with these parameters."""
    if operation in TAGS:
        return str(parameters.get("ResourceArn") or "*")
    found = NOUN.match(operation)
    if found is None or found["noun"] not in RESOURCES or operation == "CreateDomain":
        return "*"
    kind, members = RESOURCES[found["noun"]]
    given = [str(parameters[member]) for member in members if parameters.get(member)]
    if not given:
        return "*"
    if kind in PATHS:
        return names.arn(kind, "/".join(given))
    name = names.bare("model-package-group", given[0])
    if name.startswith("arn:"):
        return name
    if operation == "CreateModelPackage":
        return names.arn(kind, f"{name}/*")
    return names.arn(kind, name)


def check_further(caller: str | None, operation: str, parameters: Mapping[str, Any]) -> None:
    """Ask IAM what the one question of the gateway leaves open. A caller that is None is the emulator itself."""
    if caller is None:
        return
    own = operation_resource(operation, parameters)
    if operation in CONFIG_TOO and parameters.get("EndpointConfigName"):
        config = names.arn("endpoint-config", str(parameters["EndpointConfigName"]))
        _require(caller, f"sagemaker:{operation}", config)
    if operation == "CreateModelPackage" and parameters.get("ModelPackageGroupName"):
        group = names.bare("model-package-group", str(parameters["ModelPackageGroupName"]))
        _require(caller, "sagemaker:CreateModelPackage", names.arn("model-package-group", group))
    if operation.startswith("Create") and parameters.get("Tags"):
        _require(caller, "sagemaker:AddTags", own)
    if operation == "DeleteEndpoint":
        _require_deregistering(caller, names.bare("endpoint", str(parameters.get("EndpointName", ""))))


def _require(caller: str, action: str, resource: str) -> None:
    reason = permissions.refusal(permissions.Question(caller, action, resource, {}))
    if reason is not None:
        raise denied(reason)


def _require_deregistering(caller: str, endpoint: str) -> None:
    """Autoscaling deregisters the variants of an endpoint that goes, with the rights of whoever deletes it."""
    context = {"application-autoscaling:service-namespace": scalable_targets.NAMESPACE}
    for target in scalable_targets.of_endpoint(endpoint):
        action = "application-autoscaling:DeregisterScalableTarget"
        if permissions.refusal(permissions.Question(caller, action, target["ScalableTargetARN"], context)) is not None:
            raise denied(
                "An Application AutoScaling scalable target exists for a variant being deleted, and the IAM identity"
                f" used to invoke DeleteEndpoint does not have {action} permission to deregister the scalable target."
            )
