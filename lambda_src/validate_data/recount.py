"""Counts lines in S3 itself, so that the arithmetic does not rest on the ETL job's word."""

import base64
import binascii
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from contract.lines import is_blank
from contract.manifest import ManifestObject
from lambda_src.common.storage import S3Uri, list_objects, read_lines

CHUNK_BYTES = 1 << 20
CONCURRENT_READS = 4
QUARANTINE_FIELDS = ("key", "version_id", "line", "reason", "original_base64")
GONE = ("404", "NoSuchKey", "NoSuchVersion", "405", "MethodNotAllowed")


@dataclass(frozen=True)
class RawCount:
    """Lines of one uploaded object; `current_version` is None if it is deleted."""

    lines: int
    blank: int
    current_version: str | None


@dataclass
class Cause:
    """Quarantined lines of one object and column: how many, and the first of them that was read."""

    line: int
    reason: str
    count: int = 0


@dataclass
class Quarantine:
    """Lines by object, causes by object and column, and what is wrong with the records."""

    lines: dict[str, int] = field(default_factory=dict)
    causes: dict[str, dict[str | None, Cause]] = field(default_factory=dict)
    defects: list[str] = field(default_factory=list)

    def main_cause(self, key: str) -> str:
        """The column that most lines of an object failed at, with an example."""
        column, cause = max(self.causes[key].items(), key=lambda item: (item[1].count, -item[1].line))
        place = f"column '{column}'" if column else "the whole line"
        return f"{place} in {cause.count}, such as line {cause.line}: {cause.reason}"


def split_lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Lines as the ETL job sees them: ended by line feeds only."""
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
    if rest:
        yield rest


def count_raw(s3: Any, bucket: str, objects: tuple[ManifestObject, ...]) -> dict[str, RawCount]:
    """Lines of each object, by source; the very version that the manifest names."""
    with ThreadPoolExecutor(CONCURRENT_READS) as pool:
        counts = pool.map(lambda entry: _count_one(s3, bucket, entry), objects)
        return {entry.source: count for entry, count in zip(objects, counts, strict=True)}


def _count_one(s3: Any, bucket: str, entry: ManifestObject) -> RawCount:
    lines = blank = 0
    if entry.size:
        body = s3.get_object(Bucket=bucket, Key=entry.key, VersionId=entry.version_id)["Body"]
        for line in split_lines(body.iter_chunks(CHUNK_BYTES)):
            lines += 1
            blank += is_blank(line)
    return RawCount(lines, blank, _current_version(s3, bucket, entry.key))


def _current_version(s3: Any, bucket: str, key: str) -> str | None:
    try:
        return s3.head_object(Bucket=bucket, Key=key).get("VersionId", "null")
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            return None
        raise


def count_quarantine(s3: Any, prefix: S3Uri) -> Quarantine:
    """Quarantined lines by key; each record must let its line be found and read again."""
    found = Quarantine()
    for stored in list_objects(s3, prefix):
        if stored.key.endswith(".jsonl"):
            for line in read_lines(s3, S3Uri(prefix.bucket, stored.key)):
                _take(found, stored.key, line)
    return found


def _take(found: Quarantine, key: str, line: bytes) -> None:
    try:
        record = json.loads(line)
        missing = [name for name in QUARANTINE_FIELDS if record.get(name) is None]
        if missing:
            raise ValueError(f"'{missing[0]}' is missing")
        base64.b64decode(record["original_base64"], validate=True)
    except (ValueError, AttributeError, TypeError, binascii.Error) as error:
        found.defects.append(f"{key}: {error}")
        return
    name = record["key"]
    found.lines[name] = found.lines.get(name, 0) + 1
    causes = found.causes.setdefault(name, {})
    causes.setdefault(record.get("column"), Cause(record["line"], record["reason"])).count += 1


def count_json_lines(s3: Any, prefix: S3Uri) -> int:
    """Lines of all JSON Lines files under a prefix."""
    return sum(
        sum(1 for _ in read_lines(s3, S3Uri(prefix.bucket, stored.key)))
        for stored in list_objects(s3, prefix)
        if stored.key.endswith(".jsonl")
    )
