"""Addresses, NAT gateways and flow logs, which ministack has no types for."""

from __future__ import annotations

import random

from ministack.services import ec2
from ministack.services.cloudformation import provisioners

from rehearsal.emulator import permissions
from rehearsal.emulator.cloudformation.registry import (
    Attributes,
    Properties,
    Request,
    ResourceRefused,
    ResourceType,
    register,
)

FLOW_LOG_PRINCIPAL = "vpc-flow-logs.amazonaws.com"

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.cloudformation.provisioners": ("_ec2_apply_tags",),
    "ministack.services.ec2": ("_addresses", "_flow_logs", "_nat_gateways", "_now_ts", "_subnets", "_vpcs"),
}


def install() -> None:
    """Register the types."""
    for resource_type in (_elastic_ip(), _nat_gateway(), _flow_log()):
        register(resource_type)


def identifier(prefix: str) -> str:
    """A new identifier as EC2 makes them."""
    return f"{prefix}-{random.getrandbits(68):017x}"


def _elastic_ip() -> ResourceType:
    def create(request: Request) -> tuple[str, Attributes]:
        allocation = identifier("eipalloc")
        address = f"52.{random.randint(0, 255)}.{random.randint(0, 255)}.{random.randint(1, 254)}"
        ec2._addresses[allocation] = {
            "AllocationId": allocation,
            "PublicIp": address,
            "Domain": request.properties.get("Domain", "vpc"),
            "AssociationId": None,
            "InstanceId": None,
            "NetworkInterfaceId": None,
            "PrivateIpAddress": None,
        }
        provisioners._ec2_apply_tags(allocation, request.properties)
        return address, {"AllocationId": allocation, "PublicIp": address}

    def update(address: str, old: Properties, request: Request) -> Attributes:
        allocation = _allocation(address)
        provisioners._ec2_apply_tags(allocation, request.properties, old)
        return {"AllocationId": allocation, "PublicIp": address}

    def delete(address: str, _properties: Properties) -> None:
        allocation = _allocation(address)
        if any(gateway["AllocationId"] == allocation for gateway in ec2._nat_gateways.values()):
            raise ResourceRefused(f"Address {address} is in use by a NAT gateway")
        ec2._addresses.pop(allocation, None)

    return ResourceType(
        "AWS::EC2::EIP", ("Domain", "Tags"), (), create, delete, update, immutable=("Domain",), tagged=True
    )


def _allocation(address: str) -> str:
    return next((key for key, record in ec2._addresses.items() if record["PublicIp"] == address), "")


def _nat_gateway() -> ResourceType:
    def create(request: Request) -> tuple[str, Attributes]:
        properties = request.properties
        subnet = ec2._subnets.get(properties["SubnetId"])
        if subnet is None:
            raise ResourceRefused(f"The subnet ID '{properties['SubnetId']}' does not exist")
        allocation = properties.get("AllocationId")
        if allocation not in ec2._addresses:
            raise ResourceRefused(f"The allocation ID '{allocation}' does not exist")
        gateway = identifier("nat")
        ec2._nat_gateways[gateway] = {
            "NatGatewayId": gateway,
            "SubnetId": properties["SubnetId"],
            "VpcId": subnet["VpcId"],
            "AllocationId": allocation,
            "ConnectivityType": properties.get("ConnectivityType", "public"),
            "State": "available",
            "CreateTime": ec2._now_ts(),
            "Tags": [],
        }
        provisioners._ec2_apply_tags(gateway, properties)
        return gateway, {"NatGatewayId": gateway}

    def update(gateway: str, old: Properties, request: Request) -> Attributes:
        provisioners._ec2_apply_tags(gateway, request.properties, old)
        return {"NatGatewayId": gateway}

    def delete(gateway: str, _properties: Properties) -> None:
        ec2._nat_gateways.pop(gateway, None)

    known = ("AllocationId", "ConnectivityType", "SubnetId", "Tags")
    return ResourceType(
        "AWS::EC2::NatGateway", known, ("SubnetId",), create, delete, update, immutable=known[:3], tagged=True
    )


def _flow_log() -> ResourceType:
    known = (
        "DeliverLogsPermissionArn",
        "LogDestination",
        "LogDestinationType",
        "LogFormat",
        "LogGroupName",
        "MaxAggregationInterval",
        "ResourceId",
        "ResourceType",
        "Tags",
        "TrafficType",
    )

    def create(request: Request) -> tuple[str, Attributes]:
        properties = request.properties
        if properties["ResourceType"] == "VPC" and properties["ResourceId"] not in ec2._vpcs:
            raise ResourceRefused(f"The vpc ID '{properties['ResourceId']}' does not exist")
        _check_delivery_role(properties)
        flow_log = identifier("fl")
        ec2._flow_logs[flow_log] = {
            "FlowLogId": flow_log,
            "ResourceId": properties["ResourceId"],
            "ResourceType": properties["ResourceType"],
            "TrafficType": properties.get("TrafficType", "ALL"),
            "LogDestinationType": properties.get("LogDestinationType", "cloud-watch-logs"),
            "LogDestination": properties.get("LogDestination") or properties.get("LogGroupName"),
            "FlowLogStatus": "ACTIVE",
            "CreationTime": ec2._now_ts(),
        }
        provisioners._ec2_apply_tags(flow_log, properties)
        return flow_log, {"Id": flow_log}

    def update(flow_log: str, old: Properties, request: Request) -> Attributes:
        provisioners._ec2_apply_tags(flow_log, request.properties, old)
        return {"Id": flow_log}

    def delete(flow_log: str, _properties: Properties) -> None:
        ec2._flow_logs.pop(flow_log, None)

    return ResourceType(
        "AWS::EC2::FlowLog",
        known,
        ("ResourceId", "ResourceType"),
        create,
        delete,
        update,
        immutable=tuple(name for name in known if name != "Tags"),
        tagged=True,
    )


def _check_delivery_role(properties: Properties) -> None:
    if properties.get("LogDestinationType", "cloud-watch-logs") != "cloud-watch-logs":
        return
    arn = properties.get("DeliverLogsPermissionArn", "")
    role = permissions.find_role(arn)
    if role is None or not permissions.trusts(role, FLOW_LOG_PRINCIPAL):
        raise ResourceRefused(f"DeliverLogsPermissionArn {arn} is no role that {FLOW_LOG_PRINCIPAL} may assume")
