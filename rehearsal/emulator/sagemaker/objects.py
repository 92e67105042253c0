"""S3 as jobs use it: channels down, results up, always with the job's role."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.emulator.sagemaker.errors import validation
from rehearsal.emulator.sagemaker.roles import Role

PATH_STYLE_PREFIXES = ("https://s3.", "https://s3-")


class DataError(Exception):
    """Data could not be read or written; the message is what SageMaker gives as the reason."""


@dataclass(frozen=True)
class Place:
    """A bucket and a key or key prefix."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True)
class Input:
    """One object of a channel and where it goes below the channel's folder."""

    place: Place
    relative: str


def place(uri: str) -> Place:
    """Read an S3 URI, also in the https form that CDK writes."""
    if uri.startswith(PATH_STYLE_PREFIXES):
        uri = "s3://" + uri.split("/", 3)[3]
    if not uri.startswith("s3://"):
        raise validation(f"The S3 URI {uri} is not valid")
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return Place(bucket, key)


def inputs(role: Role, source: dict[str, Any]) -> list[Input]:
    """The objects of an S3DataSource. None at all is an error, as on AWS."""
    wanted = place(source["S3Uri"])
    found = _manifest(role, wanted) if source["S3DataType"] == "ManifestFile" else _prefix(role, wanted)
    if not found:
        raise DataError(
            f'No S3 objects found under S3 URL "{wanted}" given in input data source. Please ensure that the bucket'
            f' exists, that objects exist under that S3 prefix, and that the role "{role.arn}" has "s3:ListBucket"'
            f' permissions on bucket "{wanted.bucket}".'
        )
    return found


def _prefix(role: Role, prefix: Place) -> list[Input]:
    try:
        listed = list(_keys(role, prefix))
    except ClientError as error:
        raise DataError(f"{error.response['Error']['Code']}: {error} (listing {prefix}, role {role.arn})") from error
    found = []
    for key in listed:
        if not key.endswith("/"):
            relative = key.removeprefix(prefix.key).lstrip("/") or key.rsplit("/", 1)[-1]
            found.append(Input(Place(prefix.bucket, key), relative))
    return found


def _keys(role: Role, prefix: Place) -> Iterator[str]:
    pages = role.client("s3").get_paginator("list_objects_v2").paginate(Bucket=prefix.bucket, Prefix=prefix.key)
    for page in pages:
        for entry in page.get("Contents", []):
            yield entry["Key"]


def _manifest(role: Role, manifest: Place) -> list[Input]:
    """A manifest is a list: first the common prefix, then the rest of each key."""
    try:
        entries = json.loads(read(role, manifest))
        common, relatives = entries[0]["prefix"], entries[1:]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise DataError(f"The manifest {manifest} is not a list with a prefix and keys: {error!r}") from error
    if not all(isinstance(relative, str) and relative for relative in relatives):
        raise DataError(f"The manifest {manifest} has an entry that is not a key")
    start = place(common)
    return [Input(Place(start.bucket, f"{start.key}{relative}"), relative) for relative in relatives]


def read(role: Role, source: Place) -> bytes:
    """An object's content."""
    try:
        return role.client("s3").get_object(Bucket=source.bucket, Key=source.key)["Body"].read()
    except ClientError as error:
        raise DataError(f"{error.response['Error']['Code']}: {error} ({source}, role {role.arn})") from error


def download(role: Role, wanted: list[Input], folder: Path) -> None:
    """Copy objects below a folder that they must not leave."""
    root = folder.resolve()
    root.mkdir(parents=True, exist_ok=True)
    for item in wanted:
        target = (root / item.relative).resolve()
        if not target.is_relative_to(root):
            raise DataError(f"{item.place} would be written outside of its channel")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(read(role, item.place))


def write(role: Role, target: Place, content: bytes, kms_key: str | None = None) -> None:
    """Put an object, encrypted with the key that the request names."""
    encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": kms_key} if kms_key else {}
    try:
        role.client("s3").put_object(Bucket=target.bucket, Key=target.key, Body=content, **encryption)
    except ClientError as error:
        raise DataError(f"{error.response['Error']['Code']}: {error} ({target}, role {role.arn})") from error


def below(prefix_uri: str, *parts: str) -> Place:
    """A key below a prefix, with exactly one slash between the parts."""
    prefix = place(prefix_uri)
    return Place(prefix.bucket, "/".join(part for part in (prefix.key.rstrip("/"), *parts) if part))
