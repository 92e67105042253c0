"""Deletions that AWS refuses because something else still stands on the resource."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.emulator.conftest import Emulator
from tests.emulator.stacks import Stacks, refused, resource


@pytest.fixture
def stacks(emulator: Emulator) -> Iterator[Stacks]:
    made = Stacks(emulator)
    yield made
    made.remove_all()


def _network() -> dict[str, Any]:
    return {
        "Vpc": resource("AWS::EC2::VPC", CidrBlock="10.7.0.0/16"),
        "Subnet": resource("AWS::EC2::Subnet", VpcId={"Ref": "Vpc"}, CidrBlock="10.7.0.0/24"),
    }


def test_a_vpc_with_a_security_group_that_somebody_else_made_is_not_deleted(stacks: Stacks, emulator: Emulator) -> None:
    name = stacks.create(_network())
    ec2 = emulator.client("ec2")
    vpc = stacks.physical_id(name, "Vpc")
    group = ec2.create_security_group(GroupName="somebody", Description="d", VpcId=vpc)["GroupId"]
    assert "DependencyViolation" in refused(lambda: stacks.delete(name))
    ec2.delete_security_group(GroupId=group)
    stacks.delete(name)


def test_a_subnet_with_a_mount_target_is_not_deleted(stacks: Stacks, emulator: Emulator) -> None:
    name = stacks.create(_network())
    efs = emulator.client("efs")
    file_system = efs.create_file_system(CreationToken=name)["FileSystemId"]
    subnet = stacks.physical_id(name, "Subnet")
    target = efs.create_mount_target(FileSystemId=file_system, SubnetId=subnet)["MountTargetId"]
    assert "DependencyViolation" in refused(lambda: stacks.delete(name))
    efs.delete_mount_target(MountTargetId=target)
    efs.delete_file_system(FileSystemId=file_system)
    stacks.delete(name)


def test_a_security_group_of_a_mount_target_is_not_deleted(stacks: Stacks, emulator: Emulator) -> None:
    name = stacks.create(_network())
    held = stacks.create(
        {
            "Group": resource(
                "AWS::EC2::SecurityGroup", VpcId=stacks.physical_id(name, "Vpc"), GroupDescription="of the mount"
            )
        }
    )
    efs = emulator.client("efs")
    file_system = efs.create_file_system(CreationToken=name)["FileSystemId"]
    target = efs.create_mount_target(
        FileSystemId=file_system,
        SubnetId=stacks.physical_id(name, "Subnet"),
        SecurityGroups=[stacks.physical_id(held, "Group")],
    )["MountTargetId"]
    assert "DependencyViolation" in refused(lambda: stacks.delete(held))
    efs.delete_mount_target(MountTargetId=target)
    efs.delete_file_system(FileSystemId=file_system)
    stacks.delete(held)
    stacks.delete(name)


def test_a_repository_with_images_is_not_deleted(stacks: Stacks, emulator: Emulator) -> None:
    name = stacks.create({"Images": resource("AWS::ECR::Repository", RepositoryName="held-images")})
    ecr = emulator.client("ecr")
    image = ecr.put_image(repositoryName="held-images", imageManifest=MANIFEST, imageTag="1")["image"]
    assert "images" in refused(lambda: stacks.delete(name))
    ecr.batch_delete_image(repositoryName="held-images", imageIds=[image["imageId"]])
    stacks.delete(name)


MANIFEST = """{
  "schemaVersion": 2,
  "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
  "config": {"mediaType": "application/vnd.docker.container.image.v1+json", "size": 2, "digest": "sha256:%s"},
  "layers": []
}""" % ("a" * 64)


def test_a_stack_made_again_does_not_meet_what_the_first_one_kept(stacks: Stacks, emulator: Emulator) -> None:
    resources = {
        "Table": {
            **resource(
                "AWS::DynamoDB::Table",
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
                KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            ),
            "DeletionPolicy": "Retain",
        },
        "Images": {**resource("AWS::ECR::Repository"), "DeletionPolicy": "Retain"},
    }
    first = stacks.create(resources)
    kept = {logical_id: stacks.physical_id(first, logical_id) for logical_id in resources}
    stacks.delete(first)
    again = stacks.create(resources, name=first)
    assert {logical_id for logical_id, name in kept.items() if stacks.physical_id(again, logical_id) == name} == set()
    assert kept["Table"] in emulator.client("dynamodb").list_tables()["TableNames"]
    stacks.delete(again)
