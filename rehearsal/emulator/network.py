"""Network interfaces that services place in the VPC: what keeps a security group or a subnet from being deleted."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable
from typing import Any

from ministack.services import ec2, efs

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.efs": ("_mount_targets",),
    "ministack.services.ec2": ("_network_interfaces", "_security_groups", "_subnets"),
}

Interface = dict[str, Any]


class UnknownNetwork(Exception):
    """A subnet or a security group that is not there."""


def attach(owner: str, subnet_ids: Iterable[str], group_ids: Iterable[str], description: str) -> list[str]:
    """Place one interface in every subnet for `owner` (any name that is its own), with these security groups."""
    groups, subnets = list(group_ids), list(subnet_ids)
    for group in groups:
        if group not in ec2._security_groups:
            raise UnknownNetwork(f"The security group '{group}' does not exist")
    for subnet in subnets:
        if subnet not in ec2._subnets:
            raise UnknownNetwork(f"The subnet ID '{subnet}' does not exist")
    made = [_interface(owner, subnet, groups, description) for subnet in subnets]
    for interface in made:
        ec2._network_interfaces[interface["NetworkInterfaceId"]] = interface
    return [interface["NetworkInterfaceId"] for interface in made]


def detach(owner: str) -> None:
    """Remove the interfaces of `owner`."""
    owned = [key for key, interface in list(ec2._network_interfaces.items()) if interface.get("_Owner") == owner]
    for key in owned:
        ec2._network_interfaces.pop(key, None)


def group_user(group_id: str) -> str | None:
    """An interface that uses the security group, if there is one."""
    of_interfaces = (
        interface["NetworkInterfaceId"]
        for interface in ec2._network_interfaces.values()
        if any(group["GroupId"] == group_id for group in interface["Groups"])
    )
    of_mounts = (
        target["NetworkInterfaceId"] for target in efs._mount_targets.values() if group_id in target["SecurityGroups"]
    )
    return next(itertools.chain(of_interfaces, of_mounts), None)


def subnet_user(subnet_id: str) -> str | None:
    """An interface in the subnet, if there is one; a file system's mount target is one, too."""
    holders = itertools.chain(ec2._network_interfaces.values(), efs._mount_targets.values())
    return next((holder["NetworkInterfaceId"] for holder in holders if holder["SubnetId"] == subnet_id), None)


def _interface(owner: str, subnet_id: str, groups: list[str], description: str) -> Interface:
    subnet = ec2._subnets[subnet_id]
    return {
        "NetworkInterfaceId": f"eni-{random.getrandbits(68):017x}",
        "SubnetId": subnet_id,
        "VpcId": subnet["VpcId"],
        "AvailabilityZone": subnet["AvailabilityZone"],
        "Description": description,
        "OwnerId": subnet["OwnerId"],
        "Status": "in-use",
        "PrivateIpAddress": f"{subnet['CidrBlock'].rsplit('.', 1)[0]}.{random.randint(10, 250)}",
        "InterfaceType": "interface",
        "SourceDestCheck": True,
        "MacAddress": ":".join(f"{random.getrandbits(8):02x}" for _ in range(6)),
        "Groups": [{"GroupId": group, "GroupName": ec2._security_groups[group]["GroupName"]} for group in groups],
        "Attachment": None,
        "_Owner": owner,
    }
