"""SageMaker types: their properties are those of the service's own operations, which make, change and remove them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services.cloudformation import stacks

from rehearsal.emulator.cloudformation.models import check_shape, members
from rehearsal.emulator.cloudformation.registry import (
    Attributes,
    Properties,
    Request,
    ResourceRefused,
    ResourceType,
    register,
    tag_list,
)

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {"ministack.services.cloudformation.stacks": ("_runs_on_worker_thread",)}

NOT_FOUND = "ResourceNotFound"

Call = Callable[[str, dict[str, Any]], dict[str, Any]]


def install() -> None:
    """Register the types."""
    for resource_type in (_package_group(), _domain(), _user_profile()):
        register(resource_type)
    _leave_the_event_loop()


def _leave_the_event_loop() -> None:
    """Provision these types on a thread: a domain asks EC2 and EFS, which the event loop must be free to answer."""
    stock = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda name: name.startswith("AWS::SageMaker::") or stock(name)


def _call(operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Ask the emulated service; its refusal becomes the resource's failure."""
    from rehearsal.emulator import sagemaker

    check_shape("sagemaker", operation, parameters)
    try:
        return sagemaker.call(operation, parameters)
    except Exception as error:
        raise ResourceRefused(f"{operation}: {error}") from error


def _remove(operation: str, parameters: dict[str, Any]) -> None:
    """Delete it; what somebody removed before counts as deleted, as CloudFormation's own handlers see it."""
    try:
        _call(operation, parameters)
    except ResourceRefused as error:
        if NOT_FOUND not in str(error):
            raise


def _parameters(properties: Properties) -> dict[str, Any]:
    parameters = {key: value for key, value in properties.items() if key != "Tags"}
    if properties.get("Tags"):
        parameters["Tags"] = tag_list(properties["Tags"])
    return parameters


def _package_group() -> ResourceType:
    def create(request: Request) -> tuple[str, Attributes]:
        arn = _call("CreateModelPackageGroup", _parameters(request.properties))["ModelPackageGroupArn"]
        return arn, _group_attributes(arn)

    def update(arn: str, _old: Properties, request: Request) -> Attributes:
        _call("AddTags", {"ResourceArn": arn, "Tags": tag_list(request.properties.get("Tags"))})
        return _group_attributes(arn)

    def delete(arn: str, _properties: Properties) -> None:
        _remove("DeleteModelPackageGroup", {"ModelPackageGroupName": arn.rsplit("/", 1)[-1]})

    known = members("sagemaker", "CreateModelPackageGroup")
    return ResourceType(
        "AWS::SageMaker::ModelPackageGroup",
        known,
        ("ModelPackageGroupName",),
        create,
        delete,
        update,
        immutable=tuple(sorted(known - {"Tags"})),
        name_property="ModelPackageGroupName",
        tagged=True,
        calls_back=True,
    )


def _group_attributes(arn: str) -> Attributes:
    described = _call("DescribeModelPackageGroup", {"ModelPackageGroupName": arn.rsplit("/", 1)[-1]})
    return {
        "ModelPackageGroupArn": arn,
        "ModelPackageGroupStatus": described["ModelPackageGroupStatus"],
        "CreationTime": str(described["CreationTime"]),
    }


def _domain() -> ResourceType:
    def create(request: Request) -> tuple[str, Attributes]:
        arn = _call("CreateDomain", _parameters(request.properties))["DomainArn"]
        identifier = arn.rsplit("/", 1)[-1]
        return identifier, _domain_attributes(identifier)

    def update(identifier: str, old: Properties, request: Request) -> Attributes:
        changed = {key: value for key, value in request.properties.items() if old.get(key) != value and key != "Tags"}
        if changed:
            _call("UpdateDomain", {"DomainId": identifier, **changed})
        return _domain_attributes(identifier)

    def delete(identifier: str, _properties: Properties) -> None:
        _remove("DeleteDomain", {"DomainId": identifier})

    known = members("sagemaker", "CreateDomain") - {"HomeEfsFileSystemKmsKeyId"}
    immutable = ("AuthMode", "DomainName", "KmsKeyId", "VpcId")
    return ResourceType(
        "AWS::SageMaker::Domain",
        known,
        ("AuthMode", "DefaultUserSettings", "DomainName"),
        create,
        delete,
        update,
        immutable=immutable,
        name_property="DomainName",
        tagged=True,
        calls_back=True,
    )


def _domain_attributes(identifier: str) -> Attributes:
    described = _call("DescribeDomain", {"DomainId": identifier})
    return {
        "DomainArn": described["DomainArn"],
        "DomainId": identifier,
        "HomeEfsFileSystemId": described.get("HomeEfsFileSystemId", ""),
        "SecurityGroupIdForDomainBoundary": described.get("SecurityGroupIdForDomainBoundary", ""),
        "SingleSignOnApplicationArn": described.get("SingleSignOnApplicationArn", ""),
        "SingleSignOnManagedApplicationInstanceId": described.get("SingleSignOnManagedApplicationInstanceId", ""),
        "Url": described.get("Url", ""),
    }


def _user_profile() -> ResourceType:
    def create(request: Request) -> tuple[str, Attributes]:
        properties = request.properties
        arn = _call("CreateUserProfile", _parameters(properties))["UserProfileArn"]
        return f"{properties['UserProfileName']}|{properties['DomainId']}", {"UserProfileArn": arn}

    def update(identifier: str, old: Properties, request: Request) -> Attributes:
        name, domain = identifier.split("|", 1)
        changed = {key: value for key, value in request.properties.items() if old.get(key) != value and key != "Tags"}
        if changed:
            _call("UpdateUserProfile", {"DomainId": domain, "UserProfileName": name, **changed})
        described = _call("DescribeUserProfile", {"DomainId": domain, "UserProfileName": name})
        return {"UserProfileArn": described["UserProfileArn"]}

    def delete(identifier: str, _properties: Properties) -> None:
        name, domain = identifier.split("|", 1)
        _remove("DeleteUserProfile", {"DomainId": domain, "UserProfileName": name})

    known = members("sagemaker", "CreateUserProfile")
    return ResourceType(
        "AWS::SageMaker::UserProfile",
        known,
        ("DomainId", "UserProfileName"),
        create,
        delete,
        update,
        immutable=("DomainId", "SingleSignOnUserIdentifier", "SingleSignOnUserValue", "UserProfileName"),
        tagged=True,
        calls_back=True,
    )
