"""Batch transform: the model's own server, requests cut from lines, outputs that keep their place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.emulator.conftest import Emulator, wait_until
from tests.emulator.sagemaker_world import JOB_SECONDS, World, create_world, error_of, fresh

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world(emulator: Emulator) -> Iterator[World]:
    yield create_world(emulator, "sagebatch")


def request(world: World, model: str, prefix: str, **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "TransformJobName": fresh("churn-holdout"),
        "ModelName": model,
        "BatchStrategy": "MultiRecord",
        "MaxPayloadInMB": 1,
        "MaxConcurrentTransforms": 1,
        "Environment": {"PLATFORM_BATCH": "1"},
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{world.bucket}/{prefix}"}},
            "ContentType": "application/jsonlines",
            "SplitType": "Line",
        },
        "TransformOutput": {
            "S3OutputPath": f"s3://{world.bucket}/out/{prefix}",
            "Accept": "application/jsonlines",
            "AssembleWith": "Line",
        },
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    return {**given, **more}


def ended(world: World, name: str) -> dict[str, Any]:
    def look() -> Any:
        job = world.sagemaker.describe_transform_job(TransformJobName=name)
        return job if job["TransformJobStatus"] in ("Completed", "Failed", "Stopped") else None

    return wait_until(look, JOB_SECONDS, f"transform job {name} to end")


def run(world: World, model: str, prefix: str, **more: Any) -> dict[str, Any]:
    given = request(world, model, prefix, **more)
    world.sagemaker.create_transform_job(**given)
    return ended(world, given["TransformJobName"])


def test_every_line_is_scored_and_outputs_keep_their_place_below_the_prefix(world: World) -> None:
    world.put("features/part-0.jsonl", "1\n2\n3\n")
    world.put("features/deep/part-1.jsonl", "4\n")
    world.put("features/empty.jsonl", "")
    job = run(world, world.model(world.model_data(10)), "features/")
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    assert world.keys("out/features/") == [
        "out/features/deep/part-1.jsonl.out",
        "out/features/empty.jsonl.out",
        "out/features/part-0.jsonl.out",
    ]
    lines = world.get(f"s3://{world.bucket}/out/features/part-0.jsonl.out").splitlines()
    assert [json.loads(line) for line in lines] == [{"sum": 10.0 + number, "batch": "1"} for number in (1, 2, 3)]
    assert world.get(f"s3://{world.bucket}/out/features/empty.jsonl.out") == b""


def test_batches_stay_below_the_payload_limit_and_lose_nothing(world: World) -> None:
    numbers = range(200_000)
    world.put("large/numbers.jsonl", "".join(f"{number}\n" for number in numbers))
    job = run(world, world.model(world.model_data(0)), "large/")
    assert job["TransformJobStatus"] == "Completed", job.get("FailureReason")
    lines = world.get(f"s3://{world.bucket}/out/large/numbers.jsonl.out").splitlines()
    assert [int(json.loads(line)["sum"]) for line in lines[::1000]] == list(numbers)[::1000]
    assert len(lines) == len(numbers)


@pytest.mark.parametrize("word", ["refuse", "explode"])
def test_one_bad_answer_fails_the_job_and_leaves_no_output_for_that_file(world: World, word: str) -> None:
    world.put(f"{word}/bad.jsonl", f"1\n{word}\n")
    world.put(f"{word}/good.jsonl", "1\n")
    retries = {"InvocationsMaxRetries": 1, "InvocationsTimeoutInSeconds": 30}
    job = run(world, world.model(world.model_data()), f"{word}/", ModelClientConfig=retries)
    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"] == "ClientError: See job logs for more information"
    assert world.keys(f"out/{word}/") == [f"out/{word}/good.jsonl.out"]
    events = world.emulator.client("logs").filter_log_events(
        logGroupName="/aws/sagemaker/TransformJobs", logStreamNamePrefix=job["TransformJobName"], filterPattern="Bad"
    )["events"]
    assert any("bad.jsonl: Bad HTTP status received from algorithm" in event["message"] for event in events)


def test_stopping_a_job_ends_it_before_its_work_is_done(world: World) -> None:
    for number in range(30):
        world.put(f"many/{number}.jsonl", "1\n" * 50_000)
    given = request(world, world.model(world.model_data()), "many/")
    world.sagemaker.create_transform_job(**given)
    world.sagemaker.stop_transform_job(TransformJobName=given["TransformJobName"])
    assert ended(world, given["TransformJobName"])["TransformJobStatus"] == "Stopped"
    assert len(world.keys("out/many/")) < 30


def test_an_archive_without_a_model_function_fails_with_the_ping(world: World) -> None:
    world.put("ping/a.jsonl", "1\n")
    job = run(world, world.model(world.model_data(inference="raise RuntimeError('no model')\n")), "ping/")
    assert job["TransformJobStatus"] == "Failed"
    assert "did not pass the ping health check" in job["FailureReason"]


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        ({"ModelName": "nobody"}, "ValidationException", "Could not find model"),
        ({"DataProcessing": {"JoinSource": "Input"}}, "NotSupportedByRehearsal", "DataProcessing"),
        ({"MaxConcurrentTransforms": 60, "MaxPayloadInMB": 2}, "ValidationException", "must not exceed 100 MB"),
        (
            {"Environment": {f"V{number}": "1" for number in range(17)}},
            "ValidationException",
            "less than or equal to 16",
        ),
    ],
)
def test_what_cannot_be_is_refused_at_once(world: World, more: dict[str, Any], code: str, words: str) -> None:
    given = request(world, world.model(world.model_data()), "features/", **more)
    found_code, message = error_of(world.sagemaker.create_transform_job, **given)
    assert found_code == code
    assert words in message
