"""A bucket as the platform's are: versioned, and under a customer key whose policy leaves the decision to IAM."""

from __future__ import annotations

import json

from tests.emulator.conftest import ACCOUNT, Emulator


def make_encrypted_bucket(emulator: Emulator, name: str) -> str:
    """Make the bucket and its key; the key's ARN."""
    s3 = emulator.client("s3")
    everyone = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    delegated = {"Effect": "Allow", "Principal": everyone, "Action": "kms:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [delegated]})
    key_arn: str = emulator.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_arn}
    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}
    s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=rules)
    return key_arn
