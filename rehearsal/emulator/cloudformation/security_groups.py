"""Rules of security groups, and refusals to delete a group or a subnet that an interface still uses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services import ec2
from ministack.services.cloudformation import provisioners

from rehearsal.emulator import network
from rehearsal.emulator.cloudformation.ec2 import identifier
from rehearsal.emulator.cloudformation.registry import (
    Attributes,
    Properties,
    Request,
    ResourceRefused,
    ResourceType,
    register,
)

RULE_PROPERTIES = (
    "CidrIp",
    "CidrIpv6",
    "Description",
    "FromPort",
    "GroupId",
    "IpProtocol",
    "SourceSecurityGroupId",
    "SourceSecurityGroupOwnerId",
    "SourcePrefixListId",
    "DestinationSecurityGroupId",
    "DestinationPrefixListId",
    "ToPort",
)

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.cloudformation.provisioners": ("_RESOURCE_HANDLERS", "_ec2_sg_permissions"),
    "ministack.services.ec2": ("_security_groups", "_vpc_endpoints", "_vpcs"),
}


def install() -> None:
    """Register the rules and refine the stock types."""
    for resource_type in _security_group_rules():
        register(resource_type)
    _add_vpc_attributes()
    _add_endpoint_interfaces()
    _refuse_deletion("AWS::EC2::SecurityGroup", network.group_user)
    _refuse_deletion("AWS::EC2::Subnet", network.subnet_user)


def _security_group_rules() -> list[ResourceType]:
    kinds = (("Ingress", "IpPermissions"), ("Egress", "IpPermissionsEgress"))
    return [_security_group_rule(f"AWS::EC2::SecurityGroup{kind}", member) for kind, member in kinds]


def _security_group_rule(name: str, member: str) -> ResourceType:
    def group(properties: Properties) -> dict[str, Any] | None:
        return ec2._security_groups.get(properties.get("GroupId"))

    def add(properties: Properties) -> None:
        found = group(properties)
        if found is None:
            raise ResourceRefused(f"The security group '{properties.get('GroupId')}' does not exist")
        found[member] += provisioners._ec2_sg_permissions([properties])

    def remove(properties: Properties) -> None:
        found = group(properties)
        for permission in provisioners._ec2_sg_permissions([properties]) if found else []:
            if found is not None and permission in found[member]:
                found[member].remove(permission)

    def create(request: Request) -> tuple[str, Attributes]:
        add(request.properties)
        rule = identifier("sgr")
        return rule, {"Id": rule}

    def update(identifier: str, old: Properties, request: Request) -> Attributes:
        remove(old)
        add(request.properties)
        return {"Id": identifier}

    immutable = tuple(key for key in RULE_PROPERTIES if key != "Description")
    return ResourceType(
        name,
        RULE_PROPERTIES,
        ("GroupId", "IpProtocol"),
        create,
        lambda _identifier, properties: remove(properties),
        update,
        immutable=immutable,
    )


def _add_vpc_attributes() -> None:
    stock = provisioners._RESOURCE_HANDLERS["AWS::EC2::VPC"]

    def with_attributes(function: Callable[..., tuple[str, Attributes]]) -> Callable[..., tuple[str, Attributes]]:
        def wrapped(*arguments: Any) -> tuple[str, Attributes]:
            physical_id, attributes = function(*arguments)
            return physical_id, {
                "CidrBlock": ec2._vpcs[physical_id]["CidrBlock"],
                "CidrBlockAssociations": [],
                "Ipv6CidrBlocks": [],
                **attributes,
            }

        return wrapped

    provisioners._RESOURCE_HANDLERS["AWS::EC2::VPC"] = {
        **stock,
        "create": with_attributes(stock["create"]),
        "update": with_attributes(stock["update"]),
    }


def _add_endpoint_interfaces() -> None:
    """An interface endpoint stands in its subnets with its security groups until it is deleted."""
    stock = provisioners._RESOURCE_HANDLERS["AWS::EC2::VPCEndpoint"]

    def create(logical_id: str, properties: Properties, stack_name: str) -> tuple[str, Attributes]:
        identifier, attributes = stock["create"](logical_id, properties, stack_name)
        if properties.get("VpcEndpointType") == "Interface":
            interfaces = network.attach(
                identifier,
                properties.get("SubnetIds", []),
                properties.get("SecurityGroupIds", []),
                f"VPC Endpoint Interface {identifier}",
            )
            ec2._vpc_endpoints[identifier]["NetworkInterfaceIds"] = interfaces
            attributes = {**attributes, "NetworkInterfaceIds": interfaces}
        return identifier, attributes

    def delete(identifier: str, properties: Properties) -> None:
        network.detach(identifier)
        stock["delete"](identifier, properties)

    provisioners._RESOURCE_HANDLERS["AWS::EC2::VPCEndpoint"] = {**stock, "create": create, "delete": delete}


def _refuse_deletion(name: str, user_of: Callable[[str], str | None]) -> None:
    stock = provisioners._RESOURCE_HANDLERS[name]

    def delete(identifier: str, properties: Properties) -> None:
        user = user_of(identifier)
        if user:
            raise ResourceRefused(
                f"resource {identifier} has a dependent object (Service: Ec2, Status Code: 400,"
                f" DependencyViolation: network interface {user})"
            )
        stock["delete"](identifier, properties)

    provisioners._RESOURCE_HANDLERS[name] = {**stock, "delete": delete}
