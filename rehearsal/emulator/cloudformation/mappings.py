"""AWS::Lambda::EventSourceMapping, with the checks that Lambda makes of the function's role."""

from __future__ import annotations

from typing import Any

from ministack.services import lambda_svc

from rehearsal.emulator.cloudformation.registry import (
    Attributes,
    Properties,
    Request,
    ResourceType,
    answered,
    as_bool,
    register,
    tag_map,
)

MAPPING_PROPERTIES = (
    "BatchSize",
    "Enabled",
    "EventSourceArn",
    "FilterCriteria",
    "FunctionName",
    "FunctionResponseTypes",
    "MaximumBatchingWindowInSeconds",
    "ScalingConfig",
    "Tags",
)

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.lambda_svc": ("_create_esm", "_delete_esm", "_esms", "_update_esm"),
}


def install() -> None:
    """Replace the stock type, which asks nothing."""
    register(
        ResourceType(
            "AWS::Lambda::EventSourceMapping",
            MAPPING_PROPERTIES,
            ("EventSourceArn", "FunctionName"),
            create_mapping,
            delete_mapping,
            update_mapping,
            immutable=("EventSourceArn",),
        )
    )


def create_mapping(request: Request) -> tuple[str, Attributes]:
    """CreateEventSourceMapping, with the checks that Lambda makes of the function's role."""
    made = answered(lambda_svc._create_esm(_mapping(request.properties)), "EventSourceMapping")
    return made["UUID"], _mapping_attributes(made["UUID"])


def update_mapping(identifier: str, _old: Properties, request: Request) -> Attributes:
    """UpdateEventSourceMapping."""
    data = {key: value for key, value in _mapping(request.properties).items() if key != "EventSourceArn"}
    answered(lambda_svc._update_esm(identifier, data), f"EventSourceMapping {identifier}")
    return _mapping_attributes(identifier)


def delete_mapping(identifier: str, _properties: Properties) -> None:
    """DeleteEventSourceMapping."""
    if identifier in lambda_svc._esms:
        lambda_svc._delete_esm(identifier)


def _mapping(properties: Properties) -> dict[str, Any]:
    data = {key: properties[key] for key in MAPPING_PROPERTIES if key in properties and key != "Tags"}
    for number in ("BatchSize", "MaximumBatchingWindowInSeconds"):
        if number in data:
            data[number] = int(data[number])
    if "Enabled" in data:
        data["Enabled"] = as_bool(data["Enabled"])
    if properties.get("Tags"):
        data["Tags"] = tag_map(properties["Tags"])
    return data


def _mapping_attributes(identifier: str) -> Attributes:
    mapping = lambda_svc._esms[identifier]
    region, account = mapping["FunctionArn"].split(":")[3:5]
    arn = f"arn:aws:lambda:{region}:{account}:event-source-mapping:{identifier}"
    return {"Id": identifier, "EventSourceMappingArn": arn}
