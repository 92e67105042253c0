"""The model registry: groups and the versioned packages in them."""

from __future__ import annotations

import time
from typing import Any

from rehearsal.emulator.sagemaker import approvals, package_checks, tags
from rehearsal.emulator.sagemaker.errors import conflict, unsupported, validation
from rehearsal.emulator.sagemaker.names import bare
from rehearsal.emulator.sagemaker.paging import page, select
from rehearsal.emulator.sagemaker.store import Record, change, lock, package_groups, packages

CHANGEABLE = ("ModelCard", "ModelLifeCycle", "SourceUri", "ApprovalDescription")


def create_group(parameters: Record) -> Record:
    name = parameters["ModelPackageGroupName"]
    arn = package_groups.arn(name)
    record = {key: value for key, value in parameters.items() if key != "Tags"}
    status = {"ModelPackageGroupArn": arn, "ModelPackageGroupStatus": "Completed", "_versions": 0}
    package_groups.add(name, {**record, **status})
    tags.put(arn, parameters.get("Tags"))
    return {"ModelPackageGroupArn": arn}


def describe_group(parameters: Record) -> Record:
    return package_groups.get(parameters["ModelPackageGroupName"])


def delete_group(parameters: Record) -> Record:
    with lock:
        group = package_groups.get(parameters["ModelPackageGroupName"])
        if _versions_of(group["ModelPackageGroupName"]):
            raise conflict(
                f"Cannot delete model package group {group['ModelPackageGroupArn']}: it contains model packages."
            )
        package_groups.remove(group["ModelPackageGroupName"])
    tags.forget(group["ModelPackageGroupArn"])
    return {}


def list_groups(parameters: Record) -> Record:
    found = select(package_groups.all(), parameters, name_key="ModelPackageGroupName", default_order="Ascending")
    return page(found, parameters, "ModelPackageGroupSummaryList")


def create(parameters: Record) -> Record:
    if "ModelPackageGroupName" not in parameters:
        raise unsupported("unversioned model packages (ModelPackageGroupName is missing)")
    if parameters.get("Tags"):
        raise validation("Tags cannot be given for a versioned model package: it has the tags of its group.")
    package_checks.check_specification(parameters.get("InferenceSpecification"))
    package_checks.check_metadata(parameters.get("CustomerMetadataProperties"))
    with lock:
        group = package_groups.get(parameters["ModelPackageGroupName"])
        again = _created_with_token(group["ModelPackageGroupName"], parameters.get("ClientToken"))
        if again is not None:
            return {"ModelPackageArn": again["ModelPackageArn"]}
        group["_versions"] += 1
        name = f"{group['ModelPackageGroupName']}/{group['_versions']}"
        package = packages.add(name, _package(parameters, group, packages.arn(name)))
    approvals.tell(package, changed=())
    return {"ModelPackageArn": package["ModelPackageArn"]}


def update(parameters: Record) -> Record:
    with lock:
        package = packages.get(parameters["ModelPackageArn"])
        changed = _changes(package, parameters)
        change(package, **changed)
    if "ModelApprovalStatus" in changed:
        approvals.tell(package, changed=tuple(changed), times=approvals.DELIVERIES)
    else:
        approvals.tell(package, changed=tuple(changed))
    return {"ModelPackageArn": package["ModelPackageArn"]}


def describe(parameters: Record) -> Record:
    return packages.get(parameters["ModelPackageName"])


def delete(parameters: Record) -> Record:
    packages.remove(parameters["ModelPackageName"])
    return {}


def list_packages(parameters: Record) -> Record:
    rows = packages.all()
    if "ModelPackageGroupName" in parameters:
        group = package_groups.get(parameters["ModelPackageGroupName"])
        rows = _versions_of(group["ModelPackageGroupName"])
    elif parameters.get("ModelPackageType", "Unversioned") == "Unversioned":
        rows = []
    wanted = parameters.get("ModelApprovalStatus")
    rows = [row for row in rows if wanted in (None, row["ModelApprovalStatus"])]
    by_version = {**parameters, "SortBy": "_order"} if parameters.get("SortBy") != "Name" else parameters
    found = select(rows, by_version, name_key="ModelPackageGroupName", default_order="Ascending")
    return page(found, parameters, "ModelPackageSummaryList")


def _package(parameters: Record, group: Record, arn: str) -> Record:
    return {
        "ModelApprovalStatus": "PendingManualApproval",
        **parameters,
        "ModelPackageGroupName": group["ModelPackageGroupName"],
        "ModelPackageVersion": group["_versions"],
        "ModelPackageArn": arn,
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": []},
        "_order": (time.time(), group["_versions"]),
    }


def _changes(package: Record, parameters: Record) -> dict[str, Any]:
    """The members that really change. An approval follows AWS's allowed ways only."""
    package_checks.check_metadata(parameters.get("CustomerMetadataProperties"))
    wanted = {name: parameters[name] for name in CHANGEABLE if name in parameters}
    if "ModelApprovalStatus" in parameters:
        approvals.check_transition(package, parameters["ModelApprovalStatus"])
        wanted["ModelApprovalStatus"] = parameters["ModelApprovalStatus"]
    metadata = {**package.get("CustomerMetadataProperties", {}), **parameters.get("CustomerMetadataProperties", {})}
    for name in parameters.get("CustomerMetadataPropertiesToRemove") or []:
        metadata.pop(name, None)
    if metadata:
        wanted["CustomerMetadataProperties"] = metadata
    return {name: value for name, value in wanted.items() if package.get(name) != value}


def _versions_of(group_name: str) -> list[Record]:
    name = bare("model-package-group", group_name)
    return [package for package in packages.all() if package["ModelPackageGroupName"] == name]


def _created_with_token(group_name: str, token: str | None) -> Record | None:
    if token is None:
        return None
    return next((package for package in _versions_of(group_name) if package.get("ClientToken") == token), None)


OPERATIONS = {
    "CreateModelPackageGroup": create_group,
    "DescribeModelPackageGroup": describe_group,
    "DeleteModelPackageGroup": delete_group,
    "ListModelPackageGroups": list_groups,
    "CreateModelPackage": create,
    "UpdateModelPackage": update,
    "DescribeModelPackage": describe,
    "DeleteModelPackage": delete,
    "ListModelPackages": list_packages,
}
