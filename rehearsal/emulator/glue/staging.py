"""The part of S3 that one job run sees, as a folder: fetched before the script starts, written back after it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.emulator.glue.s3a import S3A, Address, May

URI = re.compile(r"s3a?://([^/\s,\"']+)/([^\s,\"']*)")
NOT_DATA = ("--extra-py-files", "--TempDir", "--spark-event-logs-path")
TEMPORARY = ("/_temporary/", "/.spark-staging", "/.hive-staging")
TRANSFERS = 8


class StagingFailed(Exception):
    """S3 did not give or take an object; the message says which and why."""


def addresses(arguments: Mapping[str, str]) -> list[Address]:
    """The buckets and keys (or prefixes) that the arguments name."""
    named = [value for name, value in arguments.items() if name not in NOT_DATA]
    found = {(match[1], match[2]) for value in named for match in URI.finditer(value)}
    return sorted(found)


def fetch_object(client: Any, address: Address, target: Path) -> None:
    """Copy one object to a file."""
    bucket, key = address
    try:
        body = client.get_object(Bucket=bucket, Key=key)["Body"]
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            for chunk in body.iter_chunks():
                file.write(chunk)
    except ClientError as problem:
        raise StagingFailed(f"s3://{bucket}/{key}: {problem}") from problem
    except OSError as problem:
        raise StagingFailed(f"s3://{bucket}/{key} cannot be a file here: {problem}") from problem


class Staging:
    """A folder per bucket below one root."""

    def __init__(self, root: Path, client: Any, may: May) -> None:
        self._root = root
        self._client = client
        self._s3a = S3A(client, may)
        self._before: dict[Address, tuple[int, int]] = {}

    def fetch(self, wanted: Iterable[Address]) -> int:
        """Copy what the addresses name; the number of objects."""
        wanted = list(wanted)
        for bucket in {bucket for bucket, _ in wanted}:
            (self._root / bucket).mkdir(parents=True, exist_ok=True)
        found = sorted({address for one in wanted for address in self._s3a.objects_at(one)})
        with ThreadPoolExecutor(max_workers=TRANSFERS) as pool:
            list(pool.map(lambda address: fetch_object(self._client, address, self._file(address)), found))
        self._before = self._now()
        return len(found)

    def buckets(self) -> list[str]:
        """The buckets that the script can reach."""
        return sorted(folder.name for folder in self._root.iterdir())

    def write_back(self, options: Mapping[str, Any]) -> tuple[int, int]:
        """Put what the script wrote, delete what it removed; both numbers."""
        now = self._now()
        changed = sorted(address for address, stamp in now.items() if self._before.get(address) != stamp)
        removed = sorted(self._before.keys() - now.keys())
        for address in (*changed, *removed):
            if refused := self._s3a.refusal_of(address):
                raise StagingFailed(refused)
        for bucket in sorted({bucket for bucket, _ in changed}):
            self._look_for_pending_uploads(bucket)
        with ThreadPoolExecutor(max_workers=TRANSFERS) as pool:
            list(pool.map(lambda address: self._put(address, options), changed))
            list(pool.map(self._delete, removed))
        self._before = now
        return len(changed), len(removed)

    def folder(self, bucket: str) -> Path:
        """The bucket's folder."""
        return self._root / bucket

    def refusal_of_one_in(self, text: str) -> str | None:
        """Why S3 refuses an address that the script says it did not find."""
        return self._s3a.refusal_of_one_in(text)

    def _look_for_pending_uploads(self, bucket: str) -> None:
        """The committers of S3A do so at the end of a write; whether Glue's own does is a guess on the safe side."""
        try:
            self._client.list_multipart_uploads(Bucket=bucket)
        except ClientError as problem:
            raise StagingFailed(f"s3://{bucket}/: {problem}") from problem

    def _file(self, address: Address) -> Path:
        bucket, key = address
        if any(part in ("", ".", "..") for part in key.split("/")):
            raise StagingFailed(f"s3://{bucket}/{key}: the rehearsal has no such file name")
        return self._root / bucket / key

    def _now(self) -> dict[Address, tuple[int, int]]:
        return {
            (bucket, key): (stat.st_mtime_ns, stat.st_size)
            for bucket in self.buckets()
            for path in self.folder(bucket).rglob("*")
            if path.is_file() and _is_data(key := path.relative_to(self.folder(bucket)).as_posix())
            for stat in [path.stat()]
        }

    def _put(self, address: Address, options: Mapping[str, Any]) -> None:
        bucket, key = address
        try:
            with self._file(address).open("rb") as body:
                self._client.put_object(Bucket=bucket, Key=key, Body=body, **options)
        except ClientError as problem:
            raise StagingFailed(f"s3://{bucket}/{key}: {problem}") from problem

    def _delete(self, address: Address) -> None:
        bucket, key = address
        try:
            self._client.delete_object(Bucket=bucket, Key=key)
        except ClientError as problem:
            raise StagingFailed(f"s3://{bucket}/{key}: {problem}") from problem


def _is_data(key: str) -> bool:
    """Not the checksums of Hadoop's local file system, and not the leftovers of a broken commit."""
    name = key.rsplit("/", 1)[-1]
    return not (name.startswith(".") and name.endswith(".crc")) and not any(mark in f"/{key}" for mark in TEMPORARY)
