"""Access logs arrive late, also in the middle of a teardown; the teardown ends their delivery for good."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambda_src.teardown.contents import empty_buckets, stop_log_delivery
from lambda_src.teardown.properties import Properties
from lambda_src.teardown.work import Progress, Work
from tests.emulator.conftest import ACCOUNT, Emulator, start_emulator, statement, stop_emulator, wait_until

SPEED = 30
PRINCIPAL = "logging.s3.amazonaws.com"


@dataclass(frozen=True)
class Logged:
    """A bucket and the bucket of its logs."""

    emulator: Emulator
    s3: Any
    data: str
    logs: str

    def lines(self) -> str:
        entries = self.s3.list_objects_v2(Bucket=self.logs).get("Contents", [])
        return "".join(self.s3.get_object(Bucket=self.logs, Key=e["Key"])["Body"].read().decode() for e in entries)

    def answers(self) -> list[str]:
        """The answers of the log bucket's policy to each delivery."""
        calls = [call for call in self.emulator.calls() if call["caller"] == PRINCIPAL]
        return [call["decision"] for call in calls if f":{self.logs}/" in call["resource"]]

    def work(self, client: Callable[[str], Any]) -> Work:
        return Work(Properties("mlops-dev", bucket_names=(self.data, self.logs), log_bucket_name=self.logs), client)


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """An emulator whose waits are so short that a late log is not late for a test."""
    running = start_emulator(tmp_path_factory.mktemp("logs"), REHEARSAL_SPEED=str(SPEED))
    yield running
    stop_emulator(running)


@pytest.fixture
def logged(quick: Emulator) -> Logged:
    s3, mark = quick.client("s3"), os.urandom(4).hex()
    found = Logged(quick, s3, f"data-{mark}", f"logs-{mark}")
    for bucket in (found.data, found.logs):
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    allowed = {
        **statement("s3:PutObject", f"arn:aws:s3:::{found.logs}/*"),
        "Principal": {"Service": PRINCIPAL},
        "Condition": {
            "ArnLike": {"aws:SourceArn": f"arn:aws:s3:::{found.data}"},
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
        },
    }
    s3.put_bucket_policy(Bucket=found.logs, Policy=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}))
    target = {"TargetBucket": found.logs, "TargetPrefix": "data/"}
    s3.put_bucket_logging(Bucket=found.data, BucketLoggingStatus={"LoggingEnabled": target})
    # That request is logged already; requests until its delivery would come with it.
    wait_until(found.answers, 30, "the first log")
    return found


def test_a_request_is_logged_a_while_after_it_was_made(logged: Logged) -> None:
    """enable-server-access-logging: delivered on a best effort basis, most within a few hours."""
    began = time.monotonic()
    logged.s3.put_object(Bucket=logged.data, Key="a.csv", Body=b"1")

    wait_until(lambda: "a.csv" in logged.lines(), 30, "the log")
    assert time.monotonic() - began >= 60 / SPEED


def test_logs_come_only_to_a_bucket_whose_policy_lets_s3_in_when_they_come(logged: Logged) -> None:
    logged.s3.put_object(Bucket=logged.data, Key="a.csv", Body=b"1")
    logged.s3.delete_bucket_policy(Bucket=logged.logs)

    wait_until(lambda: len(logged.answers()) > 1, 30, "the delivery")
    assert logged.answers() == ["allowed", "denied"]
    assert "a.csv" not in logged.lines()


def test_a_destroy_needs_one_attempt_however_late_the_logs_are(logged: Logged) -> None:
    name = f"teardown-{logged.data}"
    buckets = [f"arn:aws:s3:::{logged.data}", f"arn:aws:s3:::{logged.logs}"]
    contents = ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:AbortMultipartUpload"]
    rights = [
        statement(["s3:ListBucketVersions", "s3:ListBucketMultipartUploads"], buckets),
        statement(contents, [f"{bucket}/*" for bucket in buckets]),
        statement(["s3:GetBucketPolicy", "s3:PutBucketPolicy"], buckets[1]),
        statement("s3:PutBucketLogging", buckets),
    ]
    session = logged.emulator.session(logged.emulator.role(name, "lambda.amazonaws.com", rights))
    work = logged.work(lambda service: logged.emulator.client(service, session))
    logged.s3.put_object(Bucket=logged.data, Key="a.csv", Body=b"1")
    before = len(logged.answers())

    assert stop_log_delivery(work) is Progress.DONE
    while empty_buckets(work) is Progress.AGAIN:
        continue
    wait_until(lambda: len(logged.answers()) > before, 30, "a log that comes too late")
    assert logged.answers()[before:] == ["denied"] * len(logged.answers()[before:])
    for bucket in (logged.data, logged.logs):
        logged.s3.delete_bucket(Bucket=bucket)


def test_without_the_end_of_delivery_the_emptied_bucket_would_fill_again(logged: Logged) -> None:
    logged.s3.put_object(Bucket=logged.data, Key="a.csv", Body=b"1")
    work = logged.work(lambda service: logged.emulator.client(service))
    work.properties = replace(work.properties, bucket_names=(logged.logs,))
    while empty_buckets(work) is Progress.AGAIN:
        continue
    wait_until(lambda: len(logged.answers()) > 1, 30, "the log")

    with pytest.raises(ClientError, match="BucketNotEmpty"):
        logged.s3.delete_bucket(Bucket=logged.logs)


def test_keys_that_xml_cannot_hold_are_emptied_too(logged: Logged) -> None:
    logged.s3.put_object(Bucket=logged.logs, Key="a\x1bb\ufffe", Body=b"1")
    logged.s3.put_object(Bucket=logged.logs, Key="plain", Body=b"1")
    logged.s3.create_multipart_upload(Bucket=logged.logs, Key="a +b")
    work = logged.work(lambda service: logged.emulator.client(service))
    # Only the log bucket: emptying the other would be logged in it.
    work.properties = replace(work.properties, bucket_names=(logged.logs,))
    deadline = time.monotonic() + 60

    while empty_buckets(work) is Progress.AGAIN and time.monotonic() < deadline:
        continue
    assert "Versions" not in logged.s3.list_object_versions(Bucket=logged.logs)
    assert "Uploads" not in logged.s3.list_multipart_uploads(Bucket=logged.logs)
