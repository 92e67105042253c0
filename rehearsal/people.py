"""The people of a rehearsal and what each may do: one uploads files, one approves, one asks for predictions."""

import contextlib
import json
from typing import Any

import boto3
from botocore.config import Config

from rehearsal.launcher import ACCOUNT, REGION, Emulator

COST_TAGS = ("platform", "model")
S3_BY_PATH = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 2})


def owner(emulator: Emulator, service: str) -> Any:
    """A boto3 client of the account's owner: for looking on, never for what the journey proves."""
    return boto3.client(
        service,
        endpoint_url=emulator.endpoint_url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=S3_BY_PATH,
    )


def activate_cost_tags(emulator: Emulator) -> None:
    """Let the bill count by these tags, as docs/deploy.md asks of the account that pays it."""
    statuses = [{"TagKey": key, "Status": "Active"} for key in COST_TAGS]
    owner(emulator, "ce").update_cost_allocation_tags_status(CostAllocationTagsStatus=statuses)


def uploader(emulator: Emulator, *, data_bucket: str, key_arn: str) -> Any:
    """An S3 client that may only put objects under raw/ and holdout/."""
    prefixes = [f"arn:aws:s3:::{data_bucket}/{folder}/*" for folder in ("raw", "holdout")]
    statements = [
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": prefixes},
        {"Effect": "Allow", "Action": ["kms:GenerateDataKey", "kms:Decrypt"], "Resource": key_arn},
    ]
    return _client_of_role(emulator, "s3", "rehearsal-uploader", statements)


def approver(emulator: Emulator, *, package_group: str) -> Any:
    """A SageMaker client that may only look at and judge the versions of this group."""
    versions = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/{package_group}/*"
    actions = ["sagemaker:DescribeModelPackage", "sagemaker:UpdateModelPackage"]
    statements = [{"Effect": "Allow", "Action": actions, "Resource": versions}]
    return _client_of_role(emulator, "sagemaker", "rehearsal-approver", statements)


def caller(emulator: Emulator, *, endpoint_name: str) -> Any:
    """A SageMaker runtime client that may only invoke this endpoint."""
    endpoint = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/{endpoint_name}"
    statements = [{"Effect": "Allow", "Action": "sagemaker:InvokeEndpoint", "Resource": endpoint}]
    return _client_of_role(emulator, "sagemaker-runtime", "rehearsal-caller", statements)


def _client_of_role(emulator: Emulator, service: str, role_name: str, statements: list[dict[str, Any]]) -> Any:
    iam = owner(emulator, "iam")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"}
        ],
    }
    with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName=role_name, AssumeRolePolicyDocument=json.dumps(trust))
    policy = {"Version": "2012-10-17", "Statement": statements}
    iam.put_role_policy(RoleName=role_name, PolicyName="Rehearsal", PolicyDocument=json.dumps(policy))
    role_arn = f"arn:aws:iam::{ACCOUNT}:role/{role_name}"
    credentials = owner(emulator, "sts").assume_role(RoleArn=role_arn, RoleSessionName="person")["Credentials"]
    return boto3.client(
        service,
        endpoint_url=emulator.endpoint_url,
        region_name=REGION,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
        config=S3_BY_PATH,
    )
