"""Resources that a Studio domain makes in the account: a file system with mount targets and two security groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.emulator import sessions
from rehearsal.emulator.sagemaker.errors import validation

NFS_PORT = 2049
OWNER_TAG = "ManagedByAmazonSageMakerResource"


@dataclass(frozen=True)
class Built:
    """Identifiers of what was built."""

    file_system: str
    boundary_group: str


def build(domain_id: str, vpc_id: str, subnet_ids: list[str]) -> Built:
    """Make the domain's file system and security groups; the VPC and its subnets must be there."""
    ec2, efs = sessions.owner_client("ec2"), sessions.owner_client("efs")
    try:
        ec2.describe_subnets(SubnetIds=subnet_ids)
        inbound = _group(ec2, f"security-group-for-inbound-nfs-{domain_id}", vpc_id, domain_id)
        outbound = _group(ec2, f"security-group-for-outbound-nfs-{domain_id}", vpc_id, domain_id)
        ec2.authorize_security_group_ingress(GroupId=inbound, IpPermissions=[_nfs(outbound)])
        ec2.authorize_security_group_egress(GroupId=outbound, IpPermissions=[_nfs(inbound)])
        file_system = efs.create_file_system(
            CreationToken=domain_id,
            Encrypted=True,
            Tags=[{"Key": OWNER_TAG, "Value": domain_id}],
        )["FileSystemId"]
        for subnet in subnet_ids:
            efs.create_mount_target(FileSystemId=file_system, SubnetId=subnet, SecurityGroups=[inbound])
    except ClientError as error:
        raise validation(f"The domain's file system cannot be made in {vpc_id}: {error}") from error
    return Built(file_system, outbound)


def remove_file_system(file_system: str) -> None:
    """Remove the file system with its mount targets."""
    efs = sessions.owner_client("efs")
    for target in efs.describe_mount_targets(FileSystemId=file_system)["MountTargets"]:
        efs.delete_mount_target(MountTargetId=target["MountTargetId"])
    efs.delete_file_system(FileSystemId=file_system)


def _group(ec2: Any, name: str, vpc_id: str, domain_id: str) -> str:
    answer = ec2.create_security_group(
        GroupName=name,
        Description="[DO NOT DELETE] Security Group for Amazon SageMaker Studio",
        VpcId=vpc_id,
        TagSpecifications=[{"ResourceType": "security-group", "Tags": [{"Key": OWNER_TAG, "Value": domain_id}]}],
    )
    return answer["GroupId"]


def _nfs(other_group: str) -> dict[str, Any]:
    return {
        "IpProtocol": "tcp",
        "FromPort": NFS_PORT,
        "ToPort": NFS_PORT,
        "UserIdGroupPairs": [{"GroupId": other_group}],
    }
