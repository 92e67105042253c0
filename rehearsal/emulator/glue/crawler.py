"""One crawl: list, sample, classify, group, write. It knows the classifier and the bytes, nothing else."""

from __future__ import annotations

import fnmatch
import json
import threading
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ministack.services import glue

from rehearsal.emulator import sessions
from rehearsal.emulator.glue import catalogue
from rehearsal.emulator.glue.classify import GZIP, SAMPLE_BYTES, CsvRules, classify
from rehearsal.emulator.glue.job_rules import role_arn
from rehearsal.emulator.glue.tables import CrawledFile, Grouping, Table, group

PRINCIPAL = "glue.amazonaws.com"
SESSION = "AWS-Crawler"
GZIP_WINDOW = 16 + zlib.MAX_WBITS
EMULATED_FORMATS = ("csv", "json", "UNKNOWN")
TARGET_FIELDS = {"Path", "Exclusions"}
COMBINE = "CombineCompatibleSchemas"

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {"ministack.services.glue": ("_classifiers",)}


class CrawlFailed(Exception):
    """The crawl ends with status FAILED; the message is its ErrorMessage."""


class CrawlCancelled(Exception):
    """StopCrawler was called."""


def check(crawler: Mapping[str, Any]) -> None:
    """Refuse what this emulation does not crawl."""
    other = [kind for kind, entries in (crawler.get("Targets") or {}).items() if entries and kind != "S3Targets"]
    if other:
        raise CrawlFailed(f"{other[0]} are not emulated: only S3Targets are")
    for target in crawler["Targets"].get("S3Targets", []):
        unknown = sorted(target.keys() - TARGET_FIELDS)
        if unknown:
            raise CrawlFailed(f"{unknown[0]} of an S3 target is not emulated")
    if (crawler.get("RecrawlPolicy") or {}).get("RecrawlBehavior", "CRAWL_EVERYTHING") != "CRAWL_EVERYTHING":
        raise CrawlFailed("Only the recrawl behaviour CRAWL_EVERYTHING is emulated")
    if (crawler.get("LakeFormationConfiguration") or {}).get("UseLakeFormationCredentials"):
        raise CrawlFailed("Lake Formation credentials are not emulated")


def crawl(crawler: Mapping[str, Any], cancelled: threading.Event) -> list[str]:
    """Crawl all targets with the crawler's role; the lines of its log."""
    check(crawler)
    role = role_arn(crawler)
    rules = _rules(crawler.get("Classifiers") or [])
    configuration = json.loads(crawler.get("Configuration") or "{}")
    s3 = sessions.role_client("s3", role, PRINCIPAL, SESSION)
    tables: list[Table] = []
    for target in crawler["Targets"].get("S3Targets", []):
        bucket, prefix = _split(target["Path"])
        files = list(_files(s3, bucket, prefix, target.get("Exclusions") or [], rules, cancelled))
        tables += group(files, prefix, _grouping(configuration))
    if cancelled.is_set():
        raise CrawlCancelled
    client = sessions.role_client("glue", role, PRINCIPAL, SESSION)
    lines = [f"INFO : Classification complete: {sum(len(table.files) for table in tables)} files"]
    return [*lines, *catalogue.write(client, crawler, tables, catalogue.Policy.of(crawler, configuration))]


def _files(
    s3: Any, bucket: str, prefix: str, exclusions: Sequence[str], rules: Sequence[CsvRules], cancelled: threading.Event
) -> Iterator[CrawledFile]:
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for entry in page.get("Contents", []):
            key = entry["Key"]
            relative = key[len(prefix) :]
            if not entry["Size"] or any(fnmatch.fnmatchcase(relative, pattern) for pattern in exclusions):
                continue
            if cancelled.is_set():
                raise CrawlCancelled
            head = s3.get_object(Bucket=bucket, Key=key, Range=f"bytes=0-{SAMPLE_BYTES - 1}")["Body"].read()
            sample, compression = _unpacked(head)
            schema = classify(sample, rules, compression)
            if schema.format.classification not in EMULATED_FORMATS:
                raise CrawlFailed(f"{key}: the rehearsal does not crawl {schema.format.classification} files")
            yield CrawledFile(bucket, key, entry["Size"], schema)


def _unpacked(head: bytes) -> tuple[bytes, str]:
    if not head.startswith(GZIP):
        return head, "none"
    try:
        return zlib.decompressobj(GZIP_WINDOW).decompress(head, SAMPLE_BYTES), "gzip"
    except zlib.error:
        return head, "none"


def _rules(names: Sequence[str]) -> list[CsvRules]:
    found = []
    for name in names:
        record = glue._classifiers.get(name)
        if record is None:
            raise CrawlFailed(f"Classifier {name} not found")
        if "CsvClassifier" not in record:
            raise CrawlFailed(f"Classifier {name}: only CSV classifiers are emulated")
        if record["CsvClassifier"].get("CustomDatatypeConfigured"):
            raise CrawlFailed(f"Classifier {name}: custom data types are not emulated")
        found.append(CsvRules.of(record["CsvClassifier"]))
    return found


def _grouping(configuration: Mapping[str, Any]) -> Grouping:
    wanted = configuration.get("Grouping", {})
    level = wanted.get("TableLevelConfiguration")
    return Grouping(wanted.get("TableGroupingPolicy") == COMBINE, int(level) if level is not None else None)


def _split(path: str) -> tuple[str, str]:
    bucket, _, prefix = path.removeprefix("s3://").partition("/")
    return bucket, prefix if prefix.endswith("/") or not prefix else f"{prefix}/"
