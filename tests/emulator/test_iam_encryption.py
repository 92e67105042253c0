"""Objects under a customer key need the key's permissions besides the bucket's."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.conftest import ACCOUNT, Emulator, statement

S3_ACTIONS = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:ListBucket"]


@dataclass(frozen=True)
class Vault:
    """A bucket under a customer key, and a role that may use S3 but not yet the key."""

    bucket: str
    key_arn: str
    client: Any


@pytest.fixture(scope="module")
def vault(emulator: Emulator) -> Vault:
    everyone = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    delegated = {"Effect": "Allow", "Principal": everyone, "Action": "kms:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [delegated]})
    key_arn = emulator.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="vault")
    s3.put_bucket_versioning(Bucket="vault", VersioningConfiguration={"Status": "Enabled"})
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_arn}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]}
    s3.put_bucket_encryption(Bucket="vault", ServerSideEncryptionConfiguration=rules)
    s3.put_object(Bucket="vault", Key="owners", Body=b"secret")
    role = emulator.role("vault-user", "lambda.amazonaws.com", [statement(S3_ACTIONS)])
    return Vault("vault", key_arn, emulator.client("s3", emulator.session(role)))


@pytest.fixture
def without_key(emulator: Emulator) -> None:
    emulator.allow("vault-user", [statement(S3_ACTIONS)])


def _with_key(emulator: Emulator, vault: Vault, *actions: str) -> None:
    emulator.allow("vault-user", [statement(S3_ACTIONS), statement(list(actions), vault.key_arn)])


@pytest.mark.usefixtures("without_key")
def test_reading_needs_decrypt(emulator: Emulator, vault: Vault) -> None:
    with pytest.raises(ClientError, match="kms:Decrypt"):
        vault.client.get_object(Bucket=vault.bucket, Key="owners")
    _with_key(emulator, vault, "kms:Decrypt")
    assert vault.client.get_object(Bucket=vault.bucket, Key="owners")["Body"].read() == b"secret"


@pytest.mark.usefixtures("without_key")
def test_reading_an_older_version_needs_decrypt(emulator: Emulator, vault: Vault) -> None:
    owner = emulator.client("s3")
    version = owner.put_object(Bucket=vault.bucket, Key="versions", Body=b"1")["VersionId"]
    owner.put_object(Bucket=vault.bucket, Key="versions", Body=b"2")
    with pytest.raises(ClientError, match="kms:Decrypt"):
        vault.client.get_object(Bucket=vault.bucket, Key="versions", VersionId=version)


@pytest.mark.usefixtures("without_key")
def test_writing_needs_generate_data_key(emulator: Emulator, vault: Vault) -> None:
    with pytest.raises(ClientError, match="kms:GenerateDataKey"):
        vault.client.put_object(Bucket=vault.bucket, Key="mine", Body=b"x")
    _with_key(emulator, vault, "kms:GenerateDataKey")
    vault.client.put_object(Bucket=vault.bucket, Key="mine", Body=b"x")


@pytest.mark.usefixtures("without_key")
def test_copying_needs_both(emulator: Emulator, vault: Vault) -> None:
    source = {"Bucket": vault.bucket, "Key": "owners"}
    _with_key(emulator, vault, "kms:GenerateDataKey")
    with pytest.raises(ClientError, match="kms:Decrypt"):
        vault.client.copy_object(Bucket=vault.bucket, Key="copy", CopySource=source)
    _with_key(emulator, vault, "kms:Decrypt", "kms:GenerateDataKey")
    vault.client.copy_object(Bucket=vault.bucket, Key="copy", CopySource=source)


@pytest.mark.usefixtures("without_key")
def test_an_upload_in_parts_needs_generate_data_key(vault: Vault) -> None:
    with pytest.raises(ClientError, match="kms:GenerateDataKey"):
        vault.client.create_multipart_upload(Bucket=vault.bucket, Key="parts")


@pytest.mark.usefixtures("without_key")
def test_a_listing_needs_no_key(vault: Vault) -> None:
    assert vault.client.list_objects_v2(Bucket=vault.bucket)["KeyCount"] >= 1


def test_a_permission_bound_to_s3_is_enough(emulator: Emulator, vault: Vault) -> None:
    condition = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}
    via = statement("kms:Decrypt", vault.key_arn, Condition=condition)
    emulator.allow("vault-user", [statement(S3_ACTIONS), via])
    assert vault.client.get_object(Bucket=vault.bucket, Key="owners")["Body"].read() == b"secret"
