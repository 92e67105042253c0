"""Objects in S3: addresses, JSON, and listings."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

# The object is there, or somebody writes it at this moment.
WRITTEN_BY_OTHERS = ("PreconditionFailed", "ConditionalRequestConflict")


@dataclass(frozen=True)
class S3Uri:
    """An address like s3://bucket/key; the key may be a prefix."""

    bucket: str
    key: str

    @classmethod
    def parse(cls, text: str) -> "S3Uri":
        """Read s3://bucket/key."""
        scheme, separator, rest = text.partition("://")
        bucket, _, key = rest.partition("/")
        if scheme != "s3" or not separator or not bucket:
            raise ValueError(f"not an S3 address: {text!r} (expected s3://bucket/key)")
        return cls(bucket, key)

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    def below(self, name: str) -> "S3Uri":
        """An address in this folder."""
        return S3Uri(self.bucket, self.key + name)


@dataclass(frozen=True)
class StoredObject:
    """One line of a listing."""

    key: str
    size: int


def read_text(s3: Any, uri: S3Uri) -> str:
    """The text of one small object."""
    return s3.get_object(Bucket=uri.bucket, Key=uri.key)["Body"].read().decode("utf-8")


def read_json(s3: Any, uri: S3Uri) -> Any:
    """The JSON value of one small object."""
    return json.loads(read_text(s3, uri))


def write_json(s3: Any, uri: S3Uri, value: Any) -> str:
    """Write a value so that the same value always gives the same bytes; returns the address."""
    s3.put_object(Bucket=uri.bucket, Key=uri.key, Body=_body(value), ContentType="application/json")
    return str(uri)


def write_text(s3: Any, uri: S3Uri, text: str) -> str:
    """Write JSON that is text already, as it is; returns the address."""
    s3.put_object(Bucket=uri.bucket, Key=uri.key, Body=text.encode("utf-8"), ContentType="application/json")
    return str(uri)


def write_json_once(s3: Any, uri: S3Uri, value: Any) -> bool:
    """Write a value where no object is yet; false if there is one, which stays as it is."""
    try:
        s3.put_object(
            Bucket=uri.bucket, Key=uri.key, Body=_body(value), ContentType="application/json", IfNoneMatch="*"
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in WRITTEN_BY_OTHERS:
            return False
        raise
    return True


def _body(value: Any) -> bytes:
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False).encode("utf-8")


def list_objects(s3: Any, prefix: S3Uri) -> Iterator[StoredObject]:
    """Every object under a prefix, folder markers left out."""
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=prefix.bucket, Prefix=prefix.key)
    for page in pages:
        for entry in page.get("Contents", []):
            if not entry["Key"].endswith("/"):
                yield StoredObject(entry["Key"], entry["Size"])


def read_lines(s3: Any, uri: S3Uri) -> Iterator[bytes]:
    """The non-empty lines of one object, streamed."""
    body = s3.get_object(Bucket=uri.bucket, Key=uri.key)["Body"]
    return (line for line in body.iter_lines(chunk_size=1 << 20) if line)
