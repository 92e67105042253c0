"""Two stages in one account: the roles of one reach nothing of the other."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from rehearsal import people
from rehearsal.journey import stack_outputs
from rehearsal.launcher import ACCOUNT, REGION, Emulator
from tests.rehearsal.drill import Drill

pytestmark = pytest.mark.slow

STAGES = ("rehearsal", "drill")
REFUSALS = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")


@dataclass(frozen=True)
class Place:
    """What one stage calls its own."""

    stage: str
    model: str
    outputs: dict[str, str]

    @property
    def name(self) -> str:
        return f"mlops-{self.stage}-{self.model}"

    @property
    def execution(self) -> str:
        return f"arn:aws:states:{REGION}:{ACCOUNT}:execution:mlops-{self.stage}-training:none"


Call = Callable[[Any, Place], Any]
# Role, service, what it does for its stage every day.
DUTIES: list[tuple[str, str, Call]] = [
    ("TrainingMachineRole", "glue", lambda glue, place: glue.get_crawler(Name=place.name)),
    (
        "TrainingMachineRole",
        "sagemaker",
        lambda sagemaker, place: sagemaker.stop_training_job(TrainingJobName=f"{place.name}-none"),
    ),
    (
        "DeploymentMachineRole",
        "sagemaker",
        lambda sagemaker, place: sagemaker.describe_endpoint(EndpointName=place.name),
    ),
    (
        "DeploymentMachineRole",
        "dynamodb",
        lambda dynamodb, place: dynamodb.put_item(
            TableName=place.outputs["RunTableName"], Item={"model": {"S": "nobody"}, "item": {"S": "none"}}
        ),
    ),
    (
        "ServingRole",
        "s3",
        lambda s3, place: s3.list_objects_v2(Bucket=place.outputs["ModelsBucketName"], Prefix="none/"),
    ),
    (
        "StarterFunctionRole",
        "stepfunctions",
        lambda states, place: states.describe_execution(executionArn=place.execution),
    ),
    (
        "TeardownFunctionRole",
        "sagemaker",
        lambda sagemaker, place: sagemaker.delete_endpoint(EndpointName=f"{place.name}-none"),
    ),
]


@pytest.fixture(scope="module")
def places(drill: Drill) -> dict[str, Place]:
    return {
        stage: Place(stage, drill.sample.model, stack_outputs(drill.emulator, f"mlops-{stage}-storage"))
        for stage in STAGES
    }


@contextmanager
def session(emulator: Emulator, role_name: str, service: str) -> Iterator[Any]:
    """A client under a deployed role, which for this long trusts the account's owner."""
    iam = people.owner(emulator, "iam")
    trust = iam.get_role(RoleName=role_name)["Role"]["AssumeRolePolicyDocument"]
    owner = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
    opened = {**trust, "Statement": [*trust["Statement"], owner]}
    iam.update_assume_role_policy(RoleName=role_name, PolicyDocument=json.dumps(opened))
    try:
        role_arn = f"arn:aws:iam::{ACCOUNT}:role/{role_name}"
        given = people.owner(emulator, "sts").assume_role(RoleArn=role_arn, RoleSessionName="visitor")["Credentials"]
        yield boto3.client(
            service,
            endpoint_url=emulator.endpoint_url,
            region_name=REGION,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
            config=people.S3_BY_PATH,
        )
    finally:
        iam.update_assume_role_policy(RoleName=role_name, PolicyDocument=json.dumps(trust))


def role_of(emulator: Emulator, stage: str, logical_name: str) -> str:
    """The role's generated name."""
    roles = people.owner(emulator, "iam").get_paginator("list_roles").paginate()
    start = f"mlops-{stage}-iam-{logical_name}"
    [name] = [role["RoleName"] for page in roles for role in page["Roles"] if role["RoleName"].startswith(start)]
    return name


def refused(call: Callable[[], Any]) -> bool:
    """Whether IAM refuses; that there is nothing of that name is another answer."""
    try:
        call()
    except ClientError as error:
        return error.response["Error"]["Code"] in REFUSALS
    return False


@pytest.mark.parametrize(("stage", "other"), [STAGES, STAGES[::-1]])
@pytest.mark.parametrize(("role", "service", "duty"), DUTIES, ids=[f"{role}-{service}" for role, service, _ in DUTIES])
def test_a_role_does_for_its_own_stage_what_it_may_not_do_to_the_other(
    drill: Drill, places: dict[str, Place], stage: str, other: str, role: str, service: str, duty: Call
) -> None:
    with session(drill.emulator, role_of(drill.emulator, stage, role), service) as client:
        assert not refused(lambda: duty(client, places[stage]))
        assert refused(lambda: duty(client, places[other]))


def test_both_stages_are_whole(drill: Drill) -> None:
    stacks = people.owner(drill.emulator, "cloudformation").describe_stacks()["Stacks"]
    found = {stage: [one for one in stacks if one["StackName"].startswith(f"mlops-{stage}-")] for stage in STAGES}

    assert [len(found[stage]) for stage in STAGES] == [8, 8]
    assert {one["StackStatus"] for stage in STAGES for one in found[stage]} <= {"CREATE_COMPLETE", "UPDATE_COMPLETE"}
