"""What test_everything_at_once does and sees: failed tries, AWS's clock, late logs, a container that dies."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from botocore.exceptions import ClientError

from rehearsal import people
from tests.emulator.containers import model_server
from tests.rehearsal.bench import Machine, until
from tests.rehearsal.drill import Drill

History = Sequence[Mapping[str, Any]]
BACK_SECONDS = 180
LOOK_SECONDS = 0.2


def failures(history: History) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """State, error and event of every try that failed, in order."""
    state = ""
    for event in history:
        state = event.get("stateEnteredEventDetails", {}).get("name", state)
        for name in ("taskFailedEventDetails", "lambdaFunctionFailedEventDetails"):
            if name in event:
                yield state, event[name].get("error", ""), event


def seconds_on_aws(history: History, since: Mapping[str, Any], until_moment: datetime, speed: float) -> float:
    """Seconds from an event to a moment by AWS's clock: work as it took here, waits as long as they are written.

    The emulator divides waits by its speed, and nothing else. A machine waits in Wait states, and between a failed try
    and the next one. Between the end of an execution and a person stands no wait: a rule, a function, a topic.
    """
    later = [event for event in history if event["id"] >= since["id"]]
    waited = sum(
        (after["timestamp"] - before["timestamp"]).total_seconds()
        for before, after in pairwise(later)
        if before["type"] == "WaitStateEntered" or before["type"].endswith("Failed")
    )
    return (until_moment - since["timestamp"]).total_seconds() + (speed - 1) * waited


def next_execution(stage: Drill, kind: str, known: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The end of the execution that somebody else starts beside those that are known."""
    names = {one["name"] for one in known}

    def started() -> str | None:
        return next((one["executionArn"] for one in stage.executions(kind) if one["name"] not in names), None)

    return stage.end_of(until(started, f"a {kind} to start"))


def states_in_network(stage: Drill, kind: str) -> set[str]:
    """The task states of a deployed machine whose function has its interfaces in the VPC."""
    client, found = stage.client("lambda"), set()
    for state, task in Machine(stage.emulator, kind, stage.sample.model, stage=stage.stage).tasks().items():
        if function := task["Arguments"].get("FunctionName"):
            config = client.get_function_configuration(FunctionName=function)
            if config.get("VpcConfig", {}).get("SubnetIds"):
                found.add(state)
    return found


def kill_container(stage: Drill) -> int:
    """The process of the endpoint's container, killed as the kernel kills what needs too much memory."""
    process = model_server(stage.emulator.home, stage.name)
    assert process, "the endpoint has no container"
    os.killpg(process, signal.SIGKILL)
    return process


def answers_again(stage: Drill, version: str) -> list[Any]:
    """What the endpoint says once it says something."""

    def said() -> list[Any] | None:
        try:
            return stage.predictions(version)
        except ClientError:
            return None

    return until(said, "an answer", BACK_SECONDS)


@contextlib.contextmanager
def somebody_looks_at_the_data(stage: Drill) -> Iterator[None]:
    """Requests that are logged, from the first log that S3 has brought for as long as the data bucket is there."""
    began = datetime.now(UTC)
    bucket, s3, over = stage.outputs("storage")["DataBucketName"], stage.client("s3"), threading.Event()

    def look() -> None:
        with contextlib.suppress(ClientError):
            while not over.wait(LOOK_SECONDS):
                s3.head_bucket(Bucket=bucket)

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    try:
        until(lambda: deliveries_since(stage, began) or None, "the first access log")
        yield
    finally:
        over.set()
        looking.join()


def deliveries_since(stage: Drill, moment: datetime) -> list[tuple[str, str]]:
    """Decision and key of every access log that S3 has brought since then."""
    found = [call for call in stage.calls("s3:PutObject") if call["caller"] == "logging.s3.amazonaws.com"]
    late = [call for call in found if datetime.fromisoformat(call["time"]) > moment]
    return [(call["decision"], call["resource"].partition("/")[2]) for call in late]


def calls_of_roles(stage: Drill) -> list[dict[str, Any]]:
    """Every question that IAM was asked for a role so far."""
    lines = map(json.loads, (stage.emulator.home / "calls.jsonl").read_text().splitlines())
    return [line for line in lines if ":assumed-role/" in line["caller"]]


def names_left(stage: Drill) -> dict[str, list[str]]:
    """What a destroy has left of stacks and buckets."""
    stacks = people.owner(stage.emulator, "cloudformation").describe_stacks()["Stacks"]
    buckets = people.owner(stage.emulator, "s3").list_buckets()["Buckets"]
    return {
        "stacks": [stack["StackName"] for stack in stacks],
        "buckets": [bucket["Name"] for bucket in buckets if bucket["Name"].startswith("mlops-")],
    }
