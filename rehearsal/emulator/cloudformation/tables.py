"""AWS::DynamoDB::Table through DynamoDB's own operations, so that recovery, expiry and encryption are kept."""

from __future__ import annotations

from typing import Any

from ministack.services import dynamodb

from rehearsal.emulator.cloudformation.registry import (
    Attributes,
    Properties,
    Request,
    ResourceRefused,
    ResourceType,
    answered,
    as_bool,
    register,
    tag_list,
)

CREATED_WITH = ("AttributeDefinitions", "BillingMode", "KeySchema", "TableClass")
PROPERTIES = (
    *CREATED_WITH,
    "DeletionProtectionEnabled",
    "PointInTimeRecoverySpecification",
    "SSESpecification",
    "TableName",
    "Tags",
    "TimeToLiveSpecification",
)

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.dynamodb": (
        "_create_table",
        "_delete_table",
        "_tables",
        "_tags",
        "_update_continuous_backups",
        "_update_table",
        "_update_ttl",
    ),
}


def install() -> None:
    """Replace the stock type."""
    register(
        ResourceType(
            "AWS::DynamoDB::Table",
            PROPERTIES,
            ("KeySchema", "AttributeDefinitions"),
            create,
            delete,
            update,
            immutable=("KeySchema", "TableName"),
            name_property="TableName",
            tagged=True,
        )
    )


def create(request: Request) -> tuple[str, Attributes]:
    """CreateTable, then the settings that have an operation of their own."""
    name = request.name("TableName")
    data: dict[str, Any] = {key: request.properties[key] for key in CREATED_WITH if key in request.properties}
    data["TableName"] = name
    data["Tags"] = tag_list(request.properties.get("Tags"))
    data["DeletionProtectionEnabled"] = as_bool(request.properties.get("DeletionProtectionEnabled", False))
    if "SSESpecification" in request.properties:
        data["SSESpecification"] = _encryption(request.properties)
    answered(dynamodb._create_table(data), f"Table {name}")
    _configure(name, request.properties)
    return name, _attributes(name)


def update(name: str, old: Properties, request: Request) -> Attributes:
    """UpdateTable for what changed; items stay."""
    new = request.properties
    data: dict[str, Any] = {}
    for key in ("BillingMode", "TableClass"):
        if old.get(key) != new.get(key) and key in new:
            data[key] = new[key]
    if old.get("SSESpecification") != new.get("SSESpecification"):
        data["SSESpecification"] = _encryption(new) or {"Enabled": False}
    if old.get("DeletionProtectionEnabled") != new.get("DeletionProtectionEnabled"):
        data["DeletionProtectionEnabled"] = as_bool(new.get("DeletionProtectionEnabled", False))
    if data:
        answered(dynamodb._update_table({"TableName": name, **data}), f"Table {name}")
    _configure(name, new)
    dynamodb._tags[dynamodb._tables[name]["TableArn"]] = tag_list(new.get("Tags"))
    return _attributes(name)


def delete(name: str, _properties: Properties) -> None:
    """DeleteTable; a protected table stays."""
    table = dynamodb._tables.get(name)
    if table is None:
        return
    if table.get("DeletionProtectionEnabled"):
        raise ResourceRefused(f"Resource cannot be deleted as it is currently protected against deletion: {name}")
    answered(dynamodb._delete_table({"TableName": name}), f"Table {name}")


def _configure(name: str, properties: Properties) -> None:
    recovery = properties.get("PointInTimeRecoverySpecification") or {}
    enabled = as_bool(recovery.get("PointInTimeRecoveryEnabled", False))
    specification = {"PointInTimeRecoveryEnabled": enabled}
    backups = {"TableName": name, "PointInTimeRecoverySpecification": specification}
    answered(dynamodb._update_continuous_backups(backups), f"Table {name}")
    expiry = properties.get("TimeToLiveSpecification")
    if expiry:
        wanted = {"AttributeName": expiry.get("AttributeName"), "Enabled": as_bool(expiry.get("Enabled"))}
        answered(dynamodb._update_ttl({"TableName": name, "TimeToLiveSpecification": wanted}), f"Table {name}")


def _encryption(properties: Properties) -> dict[str, Any]:
    declared = properties.get("SSESpecification") or {}
    if not declared:
        return {}
    wanted: dict[str, Any] = {"Enabled": as_bool(declared.get("SSEEnabled", True))}
    if declared.get("KMSMasterKeyId"):
        wanted.update({"SSEType": "KMS", "KMSMasterKeyId": declared["KMSMasterKeyId"]})
    return wanted


def _attributes(name: str) -> Attributes:
    return {"Arn": dynamodb._tables[name]["TableArn"]}
