"""Every line of every upload, counted from the objects in S3 and from nobody's report."""

import base64
import io
import json
from collections import Counter
from typing import Any

import pyarrow.parquet as parquet
import pytest

from contract.sources import source_id
from rehearsal import people
from rehearsal.journey import Outcome, stack_outputs
from rehearsal.samples import Sample
from tests.rehearsal.conftest import Platform

pytestmark = pytest.mark.slow


class Bucket:
    """The data bucket, read as its owner."""

    def __init__(self, platform: Platform) -> None:
        self._s3: Any = people.owner(platform.emulator, "s3")
        self._name = stack_outputs(platform.emulator, "mlops-rehearsal-storage")["DataBucketName"]

    def keys(self, prefix: str) -> list[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._name, Prefix=prefix)
        return [entry["Key"] for page in pages for entry in page.get("Contents", [])]

    def read(self, key: str) -> bytes:
        return self._s3.get_object(Bucket=self._name, Key=key)["Body"].read()

    def source(self, key: str) -> str:
        head = self._s3.head_object(Bucket=self._name, Key=key)
        return source_id(key, head["ETag"].strip('"'), head["ContentLength"])

    def rows_below(self, prefix: str) -> int:
        parts = [key for key in self.keys(prefix) if key.endswith(".parquet")]
        return sum(parquet.read_metadata(io.BytesIO(self.read(part))).num_rows for part in parts)


@pytest.fixture(scope="module")
def bucket(platform: Platform, outcome: Outcome) -> Bucket:
    assert outcome.predictions
    return Bucket(platform)


@pytest.fixture(scope="module")
def quarantined(bucket: Bucket, flagship: Sample) -> list[dict[str, Any]]:
    keys = bucket.keys(f"quarantine/{flagship.model}/")
    return [json.loads(line) for key in keys for line in bucket.read(key).splitlines()]


def test_for_each_file_the_lines_read_are_clean_or_quarantined(
    bucket: Bucket, quarantined: list[dict[str, Any]], flagship: Sample
) -> None:
    refused = Counter(row["key"] for row in quarantined)
    uploads = bucket.keys(f"raw/{flagship.model}/") + bucket.keys(f"holdout/{flagship.model}/")

    assert len(uploads) == 2
    for key in uploads:
        lines = [line for line in bucket.read(key).splitlines() if line.strip()]
        clean = bucket.rows_below(f"clean/{flagship.model}/source={bucket.source(key)}/")
        held_out = bucket.rows_below(f"heldout/{flagship.model}/source={bucket.source(key)}/")
        assert len(lines) == clean + held_out + refused[key], key


def test_a_quarantined_row_holds_its_bytes_its_line_and_the_reason(
    bucket: Bucket, quarantined: list[dict[str, Any]]
) -> None:
    assert quarantined
    for row in quarantined:
        original = base64.b64decode(row["original_base64"])
        assert bucket.read(row["key"]).split(b"\n")[row["line"] - 1].rstrip(b"\r") == original
        assert row["reason"]
        assert row["version_id"]
        assert "column" in row
