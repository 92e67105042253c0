"""Network interfaces of jobs and endpoints, made and removed with their role, as SageMaker does in a VPC."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from rehearsal.emulator.sagemaker.objects import DataError
from rehearsal.emulator.sagemaker.roles import Role

GONE = "InvalidNetworkInterfaceID.NotFound"


def attach(role: Role, vpc: dict[str, Any] | None, purpose: str) -> list[str]:
    """Make one interface per subnet; the reason of failure names the permission or the object that is missing."""
    if not vpc:
        return []
    client = role.client("ec2")
    made: list[str] = []
    try:
        client.describe_subnets(SubnetIds=vpc["Subnets"])
        client.describe_security_groups(GroupIds=vpc["SecurityGroupIds"])
        for subnet in vpc["Subnets"]:
            answer = client.create_network_interface(
                SubnetId=subnet, Groups=vpc["SecurityGroupIds"], Description=f"[DO NOT DELETE] {purpose}"
            )
            made.append(answer["NetworkInterface"]["NetworkInterfaceId"])
    except ClientError as error:
        detach(role, made)
        raise DataError(f"Failed to set up the VPC network: {error}") from error
    return made


def detach(role: Role, interfaces: list[str]) -> None:
    """Remove interfaces. Without permission (a role deleted too early) they stay, as on AWS, and the error comes up."""
    for interface in interfaces:
        try:
            role.client("ec2").delete_network_interface(NetworkInterfaceId=interface)
        except ClientError as error:
            if error.response["Error"]["Code"] != GONE:
                raise DataError(f"Failed to remove network interface {interface}: {error}") from error
