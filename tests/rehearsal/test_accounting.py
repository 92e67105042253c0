"""Every line of every upload, counted from the objects in S3 and from nobody's report."""

import base64
from collections import Counter
from typing import Any

import pytest

from rehearsal.journey import Outcome
from rehearsal.samples import Sample
from tests.rehearsal.bucket import Bucket
from tests.rehearsal.conftest import Platform

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bucket(platform: Platform, outcome: Outcome) -> Bucket:
    assert outcome.predictions
    return Bucket(platform)


@pytest.fixture(scope="module")
def quarantined(bucket: Bucket, flagship: Sample) -> list[dict[str, Any]]:
    return bucket.quarantined(flagship.model)


def test_for_each_file_the_lines_read_are_clean_or_quarantined(
    bucket: Bucket, quarantined: list[dict[str, Any]], flagship: Sample
) -> None:
    refused = Counter(row["key"] for row in quarantined)
    uploads = bucket.keys(f"raw/{flagship.model}/") + bucket.keys(f"holdout/{flagship.model}/")

    assert len(uploads) == 2
    for key in uploads:
        lines = [line for line in bucket.read(key).splitlines() if line.strip()]
        assert len(lines) == bucket.rows_of_source(flagship.model, bucket.source(key)) + refused[key], key


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
