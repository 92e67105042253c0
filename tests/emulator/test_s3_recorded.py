"""Recorded or documented answers of S3, row by row."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.emulator.conftest import REGION, Emulator

TABLE = Path(__file__).parents[1] / "conformance" / "recorded" / "s3.toml"
FACTS = tomllib.loads(TABLE.read_text("utf-8"))["fact"]


def client_of(emulator: Emulator, fact: dict[str, Any]) -> Any:
    """boto3 sends CRC32 with every upload, older clients send nothing."""
    if fact.get("client") != "without checksums":
        return emulator.client("s3")
    when = "when_required"
    config = Config(request_checksum_calculation=when, response_checksum_validation=when)
    return boto3.client(
        "s3",
        endpoint_url=emulator.url,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=config,
    )


def missing(expected: Any, found: Any, path: str = "answer") -> list[str]:
    """The places where the answer lacks what is expected of it."""
    if isinstance(expected, dict):
        known = found if isinstance(found, dict) else {}
        return [line for name, value in expected.items() for line in missing(value, known.get(name), f"{path}.{name}")]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        pairs = enumerate(zip(expected, found, strict=True))
        return [line for place, (want, got) in pairs for line in missing(want, got, f"{path}[{place}]")]
    return [] if expected == found else [f"{path} is {found!r}, S3 says {expected!r}"]


@pytest.mark.parametrize("fact", FACTS, ids=[fact["says"] for fact in FACTS])
def test_s3_answers_as_recorded(emulator: Emulator, fact: dict[str, Any]) -> None:
    assert fact["source"]
    s3, bucket = client_of(emulator, fact), f"recorded-{os.urandom(4).hex()}"
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for operation, arguments in fact.get("before", []):
        getattr(s3, operation)(Bucket=bucket, **arguments)
    operation, arguments = fact["call"]
    if "error" in fact:
        with pytest.raises(ClientError) as refused:
            getattr(s3, operation)(Bucket=bucket, **arguments)
        answer = refused.value.response
        assert [answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]] == fact["error"]
        return
    found = getattr(s3, operation)(Bucket=bucket, **arguments)
    assert missing(fact.get("answer", {}), found) == []
    assert [name for name in fact.get("absent", []) if name in found] == []
