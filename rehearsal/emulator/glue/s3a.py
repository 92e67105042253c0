"""S3 as Spark and S3A ask it, which Glue 5.1 has in place of EMRFS.

Every root path is listed, a single file too (listStatus of hadoop-aws since 3.3.1, HADOOP-17281: LIST of key + "/",
then HEAD), and looked at without a slash.

On AWS an argument of a job is a text, and S3 is asked when the script opens what it names. Here that is only known
afterwards, so what the role may not list or look at is not asked for: it is not there for Spark. A script that opens it
or writes below it then has S3 asked, and fails with the refusal; one that does not is refused nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

NOT_FOUND = ("404", "NoSuchKey", "NotFound")
# How Spark, Hadoop and Python say that they do not find what they were to open.
MISSING = re.compile(r"PATH_NOT_FOUND|does not exist|doesn't exist|No such file")
Address = tuple[str, str]
# Action, resource, condition keys: whether IAM would allow it. The question leaves no trace.
May = Callable[[str, str, Mapping[str, str]], bool]


class S3A:
    """One job's way to S3, under the role of the job."""

    def __init__(self, client: Any, may: May) -> None:
        self._client = client
        self._may = may
        self._closed: list[Address] = []

    def objects_at(self, address: Address) -> list[Address]:
        """What Spark finds at the address: the objects below it, or the one that it names."""
        if self._is_open(address):
            try:
                below, exists = self._look(address)
            except ClientError:
                self._closed.append(address)
                return []
            return below or ([address] if exists and not address[1].endswith("/") else [])
        self._closed.append(address)
        return []

    def refusal_of_one_in(self, text: str) -> str | None:
        """Why S3 refuses an address that the script did not find: what S3A says in its place."""
        missed = [line for line in text.splitlines() if MISSING.search(line)]
        named = (one for one in self._closed if any(f"{one[0]}/{one[1].rstrip('/')}" in line for line in missed))
        return next((self._refusal(one) for one in named), None)

    def refusal_of(self, address: Address) -> str | None:
        """Why S3 refuses that something is written or removed here."""
        bucket, key = address
        above = (one for one in self._closed if bucket == one[0] and f"{key}/".startswith(f"{one[1].rstrip('/')}/"))
        return next((self._refusal(one) for one in above), None)

    def _is_open(self, address: Address) -> bool:
        """Whether the role may look at the address."""
        bucket, key = f"arn:aws:s3:::{address[0]}", address[1].rstrip("/")
        lists = self._may("s3:ListBucket", bucket, {"s3:prefix": f"{key}/" if key else ""})
        return lists and (not key or self._may("s3:GetObject", f"{bucket}/{key}", {}))

    def _look(self, address: Address) -> tuple[list[Address], bool]:
        """What lies below the address, and whether an object lies at it."""
        bucket, key = address[0], address[1].rstrip("/")
        below = list(self._listed(bucket, f"{key}/" if key else ""))
        return below, bool(key) and self._exists((bucket, key))

    def _refusal(self, address: Address) -> str:
        uri = f"s3://{'/'.join(address)}"
        try:
            self._look(address)
        except ClientError as problem:
            return f"java.nio.file.AccessDeniedException: {uri}: {problem}"
        return f"{uri} was closed to the job when it began"

    def _listed(self, bucket: str, prefix: str) -> Iterator[Address]:
        for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for entry in page.get("Contents", []):
                if not entry["Key"].endswith("/"):
                    yield bucket, entry["Key"]

    def _exists(self, address: Address) -> bool:
        try:
            self._client.head_object(Bucket=address[0], Key=address[1])
        except ClientError as problem:
            if problem.response["Error"]["Code"] in NOT_FOUND:
                return False
            raise
        return True
