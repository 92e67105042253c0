"""What was given up goes back to work, as the runbook says."""

import json
import os
import subprocess
import time
from typing import Any

import pytest

from rehearsal import people
from rehearsal.cloud import STAGE
from rehearsal.journey import stack_outputs
from rehearsal.samples import load_samples
from rehearsal.toolchain import ROOT
from tests.rehearsal.conftest import Platform
from tests.rehearsal.inbox import Inbox

pytestmark = pytest.mark.slow

COMMAND_DEADLINE_SECONDS = 120
WORKED_OFF_SECONDS = 60


def mlops(platform: Platform, *arguments: str) -> dict[str, Any]:
    environment = {**os.environ, **platform.emulator.client_environment(), "MLOPS_STAGE": STAGE}
    ended = subprocess.run(
        [str(ROOT / "mlops"), "--json", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=COMMAND_DEADLINE_SECONDS,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    document: dict[str, Any] = json.loads(ended.stdout)
    return document


def bury(platform: Platform, module: str, output: str, body: dict[str, Any]) -> None:
    url = stack_outputs(platform.emulator, f"mlops-{STAGE}-{module}")[output]
    people.owner(platform.emulator, "sqs").send_message(QueueUrl=url, MessageBody=json.dumps(body))


def test_dead_letters_of_the_intake_reach_the_starter_again(platform: Platform) -> None:
    """A folder marker: the starter understands it and has nothing to do."""
    outputs = stack_outputs(platform.emulator, f"mlops-{STAGE}-step-functions")
    model = load_samples()[0].model
    machine = outputs["TrainingMachineArn"]
    key = f"raw/{model}/buried/"
    event = {"time": "2026-11-27T20:00:00Z", "detail": {"object": {"key": key}}}
    body = {"kind": "upload", "model": model, "state_machine_arn": machine, "event": event}
    bury(platform, "step-functions", "IntakeDeadLettersUrl", body)

    [letter] = mlops(platform, "dead-letters", "--queue", "intake")["dead_letters"]
    assert letter["about"] == key
    assert mlops(platform, "dead-letters", "--redrive", "--queue", "intake")["redriven"]["intake"] == 1

    assert mlops(platform, "dead-letters", "--queue", "intake")["dead_letters"] == []
    sqs, names = people.owner(platform.emulator, "sqs"), ["ApproximateNumberOfMessages"]
    deadline = time.monotonic() + WORKED_OFF_SECONDS
    while time.monotonic() < deadline:
        found = sqs.get_queue_attributes(QueueUrl=outputs["IntakeQueueUrl"], AttributeNames=names)["Attributes"]
        if found == {names[0]: "0"}:
            return
        time.sleep(0.2)
    raise AssertionError("the starter did not take the message")


def test_a_message_that_was_never_told_is_told_after_the_redrive(platform: Platform, inbox: Inbox) -> None:
    key = "stray/buried file.csv"
    stored = {"key": key, "size": 1, "sequencer": "00B", "version-id": "v1"}
    detail = {"bucket": {"name": "data"}, "object": stored}
    bury(
        platform,
        "monitoring",
        "NotifierDeadLettersUrl",
        {"detail-type": "Object Created", "source": "aws.s3", "region": "us-east-1", "detail": detail},
    )

    assert mlops(platform, "dead-letters", "--redrive", "--queue", "notifier")["redriven"]["notifier"] == 1

    assert len(inbox.wait_for(key, deadline_seconds=60)) == 1
    assert mlops(platform, "dead-letters", "--queue", "notifier")["dead_letters"] == []
