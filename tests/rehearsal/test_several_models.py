"""Models that run at once on the one machine, each with its own settings, and one of them in vain."""

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from typing import Any

import pytest

from rehearsal import people
from rehearsal.cloud import STAGE
from rehearsal.samples import load_samples
from tests.emulator.fault_requests import Faults, error
from tests.rehearsal.bench import until
from tests.rehearsal.conftest import Platform
from tests.rehearsal.drill import Drill
from tests.rehearsal.machines import machine_arn, other_settings

pytestmark = pytest.mark.slow

FAILS = "wine"
REFUSAL = "SageMaker refuses this model"
START_SECONDS = 120


@pytest.fixture(scope="module")
def runs(platform: Platform) -> Iterator[dict[str, Mapping[str, Any]]]:
    """The ends of one run per model: asked for together, with a volume of its own each, and one refused its job."""
    stages = {sample.model: Drill(platform.emulator, platform.cloud, sample, stage=STAGE) for sample in load_samples()}
    faults = Faults(platform.emulator.endpoint_url)
    known = {model: {one["name"] for one in stage.executions("training")} for model, stage in stages.items()}
    with ExitStack() as undone:
        for number, model in enumerate(stages, start=1):
            volume = {"training_volume_gib": 20 + number}
            undone.enter_context(other_settings(platform.emulator, STAGE, model, **volume))
        refusal = error("ValidationException", REFUSAL)
        fault = faults.inject("sagemaker:CreateTrainingJob", times=9, matches=[f"-{FAILS}-"], **refusal)
        undone.callback(faults.remove, fault)
        for stage in stages.values():
            stage.upload()
            ask(stage)
        begun = {model: begin(stage, known[model]) for model, stage in stages.items()}
        yield {model: stages[model].end_of(arn) for model, arn in begun.items()}


def ask(stage: Drill) -> None:
    """Ask for a run as `./mlops train` does."""
    body = {"kind": "manual", "model": stage.sample.model, "state_machine_arn": machine_arn(STAGE, "training")}
    queue = stage.outputs("step-functions")["IntakeQueueUrl"]
    people.owner(stage.emulator, "sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(body))


def begin(stage: Drill, known: set[str]) -> str:
    """The run that was asked for; the upload may have begun one before it, which has nothing new to train on."""
    states = stage.client("stepfunctions")

    def started() -> str | None:
        new = [one["executionArn"] for one in stage.executions("training") if one["name"] not in known]
        given = {arn: json.loads(states.describe_execution(executionArn=arn)["input"]) for arn in new}
        return next((arn for arn, value in given.items() if value["reason"] == "asked for"), None)

    return until(started, f"a run of {stage.sample.model}", START_SECONDS)


def test_they_run_at_the_same_time(runs: dict[str, Mapping[str, Any]]) -> None:
    assert len(runs) == 3
    assert max(run["startDate"] for run in runs.values()) < min(run["stopDate"] for run in runs.values())


def test_the_one_that_is_refused_fails_and_the_others_do_not(runs: dict[str, Mapping[str, Any]]) -> None:
    assert {model: run["status"] for model, run in runs.items() if model != FAILS} == {
        model: "SUCCEEDED" for model in runs if model != FAILS
    }
    assert runs[FAILS]["status"] == "FAILED"
    assert REFUSAL in runs[FAILS]["cause"]


def test_each_job_is_started_with_the_settings_of_its_model(
    platform: Platform, runs: dict[str, Mapping[str, Any]]
) -> None:
    sagemaker = people.owner(platform.emulator, "sagemaker")
    for model, run in runs.items():
        wanted = json.loads(run["input"])["settings"]["training_volume_gib"]
        if model != FAILS:
            [job] = sagemaker.list_training_jobs(
                NameContains=f"mlops-{STAGE}-{model}-{json.loads(run['output'])['run']}"
            )["TrainingJobSummaries"]
            described = sagemaker.describe_training_job(TrainingJobName=job["TrainingJobName"])
            assert described["ResourceConfig"]["VolumeSizeInGB"] == wanted
    assert len({json.loads(run["input"])["settings"]["training_volume_gib"] for run in runs.values()}) == 3
