"""Network interfaces at EC2's interface: found by filter, and holding on to their subnet and security groups.

ministack makes interfaces but answers every question with all of them, and lets what they use be deleted; both matter
to whoever takes a VPC down.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services import ec2

from rehearsal.emulator import network

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.ec2": (
        "_ACTION_MAP",
        "_eni_fields_xml",
        "_error",
        "_network_interfaces",
        "_p",
        "_parse_filters",
        "_parse_member_list",
        "_xml",
    ),
}

Interface = dict[str, Any]

FILTERS: dict[str, Callable[[Interface], list[str]]] = {
    "availability-zone": lambda interface: [interface["AvailabilityZone"]],
    "description": lambda interface: [interface["Description"]],
    "group-id": lambda interface: [group["GroupId"] for group in interface["Groups"]],
    "interface-type": lambda interface: [interface["InterfaceType"]],
    "network-interface-id": lambda interface: [interface["NetworkInterfaceId"]],
    "status": lambda interface: [interface["Status"]],
    "subnet-id": lambda interface: [interface["SubnetId"]],
    "vpc-id": lambda interface: [interface["VpcId"]],
}


def install() -> None:
    """Replace the three actions."""
    actions: dict[str, Any] = ec2._ACTION_MAP
    actions["DescribeNetworkInterfaces"] = _describe
    actions["DeleteSecurityGroup"] = _guarded(actions["DeleteSecurityGroup"], "GroupId", network.group_user)
    actions["DeleteSubnet"] = _guarded(actions["DeleteSubnet"], "SubnetId", network.subnet_user)


def _describe(parameters: Any) -> Any:
    wanted = ec2._parse_member_list(parameters, "NetworkInterfaceId")
    filters: dict[str, list[str]] = ec2._parse_filters(parameters)
    unknown = sorted(set(filters) - set(FILTERS))
    if unknown:
        return ec2._error("InvalidParameterValue", f"The rehearsal does not play the filter '{unknown[0]}'", 400)
    items = "".join(
        ec2._eni_fields_xml(interface)
        for interface in ec2._network_interfaces.values()
        if (not wanted or interface["NetworkInterfaceId"] in wanted) and _passes(interface, filters)
    )
    answer = f"<networkInterfaceSet>{items}</networkInterfaceSet>"
    return ec2._xml(200, "DescribeNetworkInterfacesResponse", answer)


def _passes(interface: Interface, filters: dict[str, list[str]]) -> bool:
    return all(
        any(_matches(found, value) for found in FILTERS[name](interface) for value in values)
        for name, values in filters.items()
    )


def _matches(text: str, wanted: str) -> bool:
    start, star, end = wanted.partition("*")
    return text.startswith(start) and text.endswith(end) if star else text == wanted


def _guarded(delete: Callable[[Any], Any], member: str, user_of: Callable[[str], str | None]) -> Callable[[Any], Any]:
    def guarded(parameters: Any) -> Any:
        identifier = ec2._p(parameters, member)
        if identifier and user_of(identifier):
            return ec2._error("DependencyViolation", f"resource {identifier} has a dependent object", 400)
        return delete(parameters)

    return guarded
