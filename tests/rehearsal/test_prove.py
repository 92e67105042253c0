"""`mlops prove` on a rehearsal: it finds no difference, names what is planted, and leaves the stage as it was."""

import copy
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from commands.platform import Platform as Deployed
from commands.proving.recording import differences, read
from commands.proving.removal import remove
from commands.proving.sample import sample_of_proofs
from commands.screen import Screen
from commands.session import Session
from rehearsal import people
from rehearsal.cloud import STAGE
from tests.commands.conftest import Ended
from tests.rehearsal.bench import until
from tests.rehearsal.conftest import Platform
from tests.rehearsal.test_commands import Person

pytestmark = pytest.mark.slow

SAMPLE = sample_of_proofs()
PREFIX = f"mlops-{STAGE}"
IDLE_SECONDS = 300
IN_GROUP = {"ModelPackageGroupName": f"{PREFIX}-{SAMPLE.model}"}
SCALED = {"ServiceNamespace": "sagemaker"}
LISTINGS = (
    ("sqs", "list_queues", "QueueUrls", None, {}),
    ("events", "list_rules", "Rules", "Name", {}),
    ("sagemaker", "list_endpoints", "Endpoints", "EndpointName", {}),
    ("sagemaker", "list_endpoint_configs", "EndpointConfigs", "EndpointConfigName", {}),
    ("sagemaker", "list_models", "Models", "ModelName", {}),
    (
        "sagemaker",
        "list_model_packages",
        "ModelPackageSummaryList",
        "ModelPackageArn",
        IN_GROUP,
    ),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName", {}),
    ("application-autoscaling", "describe_scalable_targets", "ScalableTargets", "ResourceId", SCALED),
    ("glue", "get_tables", "TableList", "Name", {"DatabaseName": PREFIX.replace("-", "_")}),
)


@dataclass(frozen=True)
class Proof:
    """One proof: what stood before and after it, what it said and what it recorded."""

    before: dict[str, Any]
    after: dict[str, Any]
    said: Ended
    recording: Path


@pytest.fixture(scope="module")
def deployed(platform: Platform) -> Deployed:
    def connect(service: str) -> Any:
        return people.owner(platform.emulator, service)

    session = Session(STAGE, PREFIX, Screen(as_json=True), connect, platform.emulator.client_environment())
    return Deployed(session)


@pytest.fixture(scope="module")
def proof(platform: Platform, deployed: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Proof:
    """Other tests have used the model: it is as new before the proof."""
    machines = deployed.model(SAMPLE.model).machines.values()
    states = people.owner(platform.emulator, "stepfunctions")
    until(
        lambda: (
            all(
                not states.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"]
                for arn in machines
            )
            or None
        ),
        "the model's machines to be idle",
        IDLE_SECONDS,
    )
    remove(deployed, deployed.model(SAMPLE.model))
    recording = tmp_path_factory.mktemp("proof") / "seen.json"
    before = standing(platform, deployed)
    said = Person(platform, SAMPLE.model).runs("--json", "prove", "--yes", "--record", str(recording))
    return Proof(before, standing(platform, deployed), said, recording)


def standing(platform: Platform, deployed: Deployed) -> dict[str, Any]:
    """All that a proof could leave, by where it would be."""
    found: dict[str, Any] = {}
    for service, operation, member, name, arguments in LISTINGS:
        answer = getattr(people.owner(platform.emulator, service), operation)(**arguments)
        found[member] = sorted(entry[name] if name else entry for entry in answer.get(member, []))
    s3 = people.owner(platform.emulator, "s3")
    for bucket in deployed.buckets:
        pages = s3.get_paginator("list_object_versions").paginate(Bucket=bucket)
        kept = [
            entry["Key"] for page in pages for kind in ("Versions", "DeleteMarkers") for entry in page.get(kind, [])
        ]
        found[bucket] = sorted(key for key in kept if f"/{SAMPLE.model}/" in f"/{key}")
    items = people.owner(platform.emulator, "dynamodb").scan(TableName=deployed.run_table)["Items"]
    found["items"] = [item for item in items if item["model"]["S"] == SAMPLE.model]
    return found


def test_against_a_rehearsal_there_is_no_difference(proof: Proof) -> None:
    assert differences(read(proof.recording), read(SAMPLE.recording)) == []
    assert proof.said.document["differences"] == []
    assert proof.said.document["minutes"] > 0
    assert (proof.said.document["usd"], proof.said.document["not_priced"]) == (0.0, [])


def test_a_proof_leaves_the_stage_as_it_found_it(proof: Proof) -> None:
    assert proof.after == proof.before


def test_five_planted_differences_are_each_named_with_the_page_they_concern(
    proof: Proof, platform: Platform, tmp_path: Path
) -> None:
    seen = json.loads(proof.recording.read_text())
    planted = copy.deepcopy(seen)
    parts = planted["parts"]
    parts["states"]["first run"].remove("StartCrawler")
    parts["uploads"]["ETag of the same bytes"] = "the same"
    parts["tags"]["training job"] = "lacks model"
    parts["errors"]["stopped run: ends"] = "FAILED"
    denied = next(row for row in parts["grants"] if "CreateTrainingJob" in row)
    parts["grants"][denied] = "denied"
    file = tmp_path / "planted.json"
    file.write_text(json.dumps(planted))

    ended = Person(platform, SAMPLE.model).runs("--json", "prove", "--from", str(file), code=1)

    found = [(one["part"], one["row"]) for one in ended.document["differences"]]
    assert found == [
        ("states", "first run"),
        ("errors", "stopped run: ends"),
        ("uploads", "ETag of the same bytes"),
        ("tags", "training job"),
        ("grants", denied),
    ]
    assert all(one["concerns"] for one in ended.document["differences"])


def test_a_model_in_use_is_never_proved_with(proof: Proof, deployed: Deployed, platform: Platform) -> None:
    assert proof.said.code == 0
    s3 = people.owner(platform.emulator, "s3")
    key = f"holdout/{SAMPLE.model}/somebodys.csv"
    s3.put_object(Bucket=deployed.data_bucket, Key=key, Body=b"rows")
    try:
        refused = Person(platform, SAMPLE.model).runs("prove", "--yes", code=2)
    finally:
        remove(deployed, deployed.model(SAMPLE.model))

    assert "is in use" in refused.err and key in refused.err
