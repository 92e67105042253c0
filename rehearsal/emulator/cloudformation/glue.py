"""Glue jobs and security configurations, made by Glue's own operations and checked against its service model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ministack.services import glue

from rehearsal.emulator.cloudformation.glue_rules import check_role, check_security_configuration, set_tags
from rehearsal.emulator.cloudformation.models import check_shape
from rehearsal.emulator.cloudformation.registry import (
    Attributes,
    Properties,
    Request,
    ResourceRefused,
    ResourceType,
    answered,
    register,
)

JOB_PROPERTIES = (
    "Command",
    "Connections",
    "DefaultArguments",
    "Description",
    "ExecutionClass",
    "ExecutionProperty",
    "GlueVersion",
    "JobMode",
    "JobRunQueuingEnabled",
    "MaxRetries",
    "Name",
    "NonOverridableArguments",
    "NotificationProperty",
    "NumberOfWorkers",
    "Role",
    "SecurityConfiguration",
    "Tags",
    "Timeout",
    "WorkerType",
)
JOB_NUMBERS = ("MaxRetries", "NumberOfWorkers", "Timeout")

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.glue": (
        "_arn",
        "_create_job",
        "_create_security_configuration",
        "_delete_job",
        "_delete_security_configuration",
        "_jobs",
        "_tags",
    ),
}


def install() -> None:
    """Register the types."""
    for resource_type in (_job(), _security_configuration()):
        register(resource_type)


def _job() -> ResourceType:
    def create(request: Request) -> tuple[str, Attributes]:
        name = request.name("Name")
        data = _job_data(request.properties)
        check_role(data["Role"])
        check_security_configuration(data.get("SecurityConfiguration"))
        check_shape("glue", "CreateJob", {**data, "Name": name})
        answered(glue._create_job({**data, "Name": name}), f"Job {name}")
        _complete_job(name, data)
        set_tags("job", name, request.properties)
        return name, {}

    def update(name: str, _old: Properties, request: Request) -> Attributes:
        data = _job_data(request.properties)
        check_role(data["Role"])
        check_shape("glue", "UpdateJob", {"JobName": name, "JobUpdate": data})
        record = glue._jobs[name]
        kept = {key: record[key] for key in ("Name", "CreatedOn")}
        record.clear()
        record.update({**kept, "LastModifiedOn": kept["CreatedOn"]})
        _complete_job(name, data)
        set_tags("job", name, request.properties)
        return {}

    def delete(name: str, _properties: Properties) -> None:
        glue._delete_job({"JobName": name})
        glue._tags.pop(glue._arn("job", name), None)

    required = ("Command", "Role")
    return ResourceType(
        "AWS::Glue::Job",
        JOB_PROPERTIES,
        required,
        create,
        delete,
        update,
        immutable=("Name",),
        name_property="Name",
    )


def _job_data(properties: Properties) -> dict[str, Any]:
    data = {key: value for key, value in properties.items() if key not in ("Name", "Tags")}
    for number in JOB_NUMBERS:
        if number in data:
            data[number] = int(data[number])
    if "ExecutionProperty" in data:
        runs = data["ExecutionProperty"].get("MaxConcurrentRuns", 1)
        data["ExecutionProperty"] = {"MaxConcurrentRuns": int(runs)}
    if "Connections" in data:
        data["Connections"] = {"Connections": data["Connections"].get("Connections", [])}
    return data


def _complete_job(name: str, data: Mapping[str, Any]) -> None:
    """Keep every field: the stock record knows only some of them."""
    glue._jobs[name].update(data)
    glue._jobs[name].setdefault("ExecutionProperty", {"MaxConcurrentRuns": 1})
    glue._jobs[name].setdefault("Timeout", 480)
    glue._jobs[name].setdefault("MaxRetries", 0)


def _security_configuration() -> ResourceType:
    def create(request: Request) -> tuple[str, Attributes]:
        name = request.name("Name")
        encryption = _plural_s3(request.properties["EncryptionConfiguration"])
        data = {"Name": name, "EncryptionConfiguration": encryption}
        check_shape("glue", "CreateSecurityConfiguration", data)
        answered(glue._create_security_configuration(data), f"SecurityConfiguration {name}")
        return name, {}

    def delete(name: str, _properties: Properties) -> None:
        users = [job for job, record in glue._jobs.items() if record.get("SecurityConfiguration") == name]
        if users:
            raise ResourceRefused(f"Security configuration {name} is in use by job {users[0]}")
        glue._delete_security_configuration({"Name": name})

    known = ("EncryptionConfiguration", "Name")
    return ResourceType("AWS::Glue::SecurityConfiguration", known, known[:1], create, delete, name_property="Name")


def _plural_s3(encryption: Mapping[str, Any]) -> dict[str, Any]:
    """CloudFormation says S3Encryptions, the operation S3Encryption."""
    document: dict[str, Any] = json.loads(json.dumps(encryption))
    if "S3Encryptions" in document:
        document["S3Encryption"] = document.pop("S3Encryptions")
    return document
