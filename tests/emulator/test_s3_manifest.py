"""The first state of a run on S3 as AWS has it: under a key of KMS, with the function's own permissions."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from contract.manifest import Manifest
from contract.text import one_line
from lambda_src.common.ledger import LedgerEntry, write_ledger
from lambda_src.write_manifest.handler import write_manifest
from tests.emulator.conftest import ACCOUNT, REGION, Emulator, statement
from tests.emulator.encrypted_bucket import make_encrypted_bucket
from tests.lambda_src.examples import SETTINGS, contracts_archive

RUN = "261127100000"
HOSTILE = ["raw/churn/a\x1b[2Jb.csv", "raw/churn/a\x01.csv", "raw/churn/a\ufffe.csv", "raw/churn/a\nWay out: pay.csv"]


@dataclass(frozen=True)
class Stage:
    """A data bucket under a customer key, a run table, and the function's role."""

    s3: Any
    name: str
    client: Callable[[str], Any]

    def upload(self, key: str, body: bytes) -> str:
        return str(self.s3.put_object(Bucket=self.name, Key=key, Body=body)["ETag"])

    def write(self, **event: Any) -> tuple[dict[str, Any], Manifest]:
        given = {"model": "churn", "run": RUN, "contracts_uri": f"s3://{self.name}/contracts.zip", "settings": SETTINGS}
        answer = write_manifest(
            given | {"new_files_per_run": 1000} | event,
            s3=self.client("s3"),
            dynamodb=self.client("dynamodb"),
            bucket=self.name,
            table=self.name,
        )
        body = self.s3.get_object(Bucket=self.name, Key=f"runs/churn/{RUN}/manifest.json")["Body"].read()
        return answer, Manifest.from_json(json.loads(body))

    def accept(self, manifest: Manifest) -> None:
        new = [LedgerEntry(entry.source, entry.key, entry.version_id, RUN, 1) for entry in manifest.new_objects]
        write_ledger(self.client("dynamodb"), self.name, "churn", new)


@pytest.fixture
def stage(emulator: Emulator) -> Stage:
    name, s3 = f"stage-{os.urandom(4).hex()}", emulator.client("s3")
    key_arn = make_encrypted_bucket(emulator, name)
    s3.put_object(Bucket=name, Key="contracts.zip", Body=contracts_archive())
    keys = (("model", "HASH"), ("item", "RANGE"))
    emulator.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in keys],
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in keys],
        BillingMode="PAY_PER_REQUEST",
    )
    objects, table = f"arn:aws:s3:::{name}", f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{name}"
    rights = [
        statement("s3:GetObject", f"{objects}/contracts.zip"),
        statement("s3:ListBucketVersions", objects, Condition={"StringLike": {"s3:prefix": ["raw/*", "holdout/*"]}}),
        statement("s3:GetObjectVersion", [f"{objects}/raw/*", f"{objects}/holdout/*"]),
        statement("s3:PutObject", [f"{objects}/runs/*", f"{objects}/refused/*"]),
        statement(["dynamodb:Query", "dynamodb:BatchWriteItem", "dynamodb:UpdateItem"], table),
        statement(["kms:Decrypt", "kms:GenerateDataKey"], key_arn),
    ]
    session = emulator.session(emulator.role(name, "lambda.amazonaws.com", rights))
    return Stage(s3, name, lambda service: emulator.client(service, session))


def test_the_same_bytes_again_are_nothing_new_whatever_their_etag(stage: Stage) -> None:
    etags = {stage.upload("raw/churn/a.csv", b"one")}
    answer, manifest = stage.write()
    assert answer["new_objects"] == 1
    stage.accept(manifest)
    etags |= {stage.upload("raw/churn/a.csv", b"one") for _ in range(2)}
    again, second = stage.write()

    assert len(etags) == 3
    assert again["new_objects"] == 0
    assert [entry.source for entry in second.objects] == [entry.source for entry in manifest.objects]
    stage.upload("raw/churn/a.csv", b"two")
    assert stage.write()[0]["new_objects"] == 1


def test_keys_that_are_no_text_are_named_and_stop_nobody(stage: Stage) -> None:
    for key in (*HOSTILE, "raw/churn/good.csv"):
        stage.upload(key, b"one")
    answer, manifest = stage.write()

    assert (answer["new_objects"], [entry.key for entry in manifest.objects]) == (1, ["raw/churn/good.csv"])
    assert sorted(manifest.refused_keys) == sorted(map(one_line, HOSTILE))


def test_keys_that_are_no_text_are_reported_by_the_first_run_and_by_no_later_one(stage: Stage) -> None:
    """User Guide, conditional-writes: with If-None-Match, S3 refuses a write where the key has a current version."""
    for key in HOSTILE:
        stage.upload(key, b"one")
    for _ in range(2):
        stage.write()

    [report] = stage.s3.list_object_versions(Bucket=stage.name, Prefix="refused/")["Versions"]
    body = json.loads(stage.s3.get_object(Bucket=stage.name, Key=report["Key"])["Body"].read())
    assert body == {"model": "churn", "files": len(HOSTILE), "keys": sorted(HOSTILE)}


def test_what_is_left_by_one_run_is_taken_by_the_next(stage: Stage) -> None:
    for number in range(5):
        stage.upload(f"raw/churn/{number}.csv", b"%d" % number)
    taken = []
    for _ in range(3):
        answer, manifest = stage.write(new_files_per_run=2)
        taken.append((answer["new_objects"], answer["files_left"]))
        stage.accept(manifest)

    assert taken == [(2, 3), (2, 1), (1, 0)]
