"""Keys for volumes: they must exist, and not every instance type takes one."""

from __future__ import annotations

import re

from botocore.exceptions import ClientError

from rehearsal.emulator import sessions
from rehearsal.emulator.sagemaker.errors import validation

LOCAL_STORAGE = re.compile(r"^ml\.([a-z]+\d+[a-z]*d[a-z]*|g4dn|g5|g6e?|p4de?|p5e?n?|trn1n?|i3|i3en)\.")


def check_volume_key(key: str | None, instance_type: str) -> None:
    """Refuse a key that is not there, and a key for a volume that the instance type does not have."""
    if not key:
        return
    if LOCAL_STORAGE.match(instance_type):
        raise validation(
            f"Volume encryption is not supported for instance type {instance_type}: its storage is local and encrypted"
            " by the hardware. Remove the KMS key."
        )
    try:
        sessions.owner_client("kms").describe_key(KeyId=key)
    except ClientError as error:
        raise validation(f"The KMS key {key} cannot be used: {error}") from error
