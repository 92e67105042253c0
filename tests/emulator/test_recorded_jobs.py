"""SageMaker's quotas and Step Functions' jobs, as AWS has been seen or says to treat them."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rehearsal.emulator.sagemaker import quotas
from tests.emulator.conftest import Emulator, wait_until
from tests.emulator.fault_requests import Faults, set_quotas
from tests.emulator.sagemaker_world import World, create_world, error_of, fresh
from tests.emulator.test_stepfunctions_jobs import CATCH, SECONDS, Jobs, start_beside_a_failing_branch

pytestmark = pytest.mark.slow
FACTS = tomllib.loads((Path(__file__).parents[1] / "conformance" / "recorded" / "jobs.toml").read_text())
TRAINING, ENDPOINT = "ml.m5.large for training job usage", "ml.t2.medium for endpoint usage"


@pytest.fixture(scope="module")
def world(emulator: Emulator) -> World:
    return create_world(emulator, "sagequotas")


@pytest.mark.parametrize("row", FACTS["quota"], ids=lambda row: row["source"])
def test_a_quota_is_told_with_its_limit_its_use_and_the_request(row: dict[str, Any]) -> None:
    error = quotas.exceeded(row["name"], limit=row["limit"], used=row["used"], delta=row["delta"])
    assert error.code == "ResourceLimitExceeded"
    assert error.message.startswith(row["message"])


def test_a_job_that_does_not_fit_is_refused_until_another_one_has_ended(emulator: Emulator, world: World) -> None:
    faults, running, refused = Faults(emulator.url), fresh("fits"), fresh("fits-not")
    fault = faults.inject("sagemaker:CreateTrainingJob", times=1, matches=[running], job_pending=True)
    set_quotas(emulator.url, {TRAINING: 1})
    try:
        world.sagemaker.create_training_job(**world.training_request(running))
        code, message = error_of(world.sagemaker.create_training_job, **world.training_request(refused))
        assert code == "ResourceLimitExceeded"
        assert "is 1 Instances, with current utilization of 1 Instances and a request delta of 1 Instances" in message
        wait_until(lambda: faults.hits(fault), SECONDS, "the job to wait for its instance")
        world.sagemaker.stop_training_job(TrainingJobName=running)
        world.ended_training(running)
        assert world.train(refused)["TrainingJobStatus"] == "Completed"
    finally:
        set_quotas(emulator.url, {TRAINING: None})
        faults.remove(fault)


def test_an_endpoint_that_does_not_fit_is_refused_and_so_is_a_new_fleet_beside_it(
    emulator: Emulator, world: World
) -> None:
    config = world.config(world.model(world.model_data()))
    name = fresh("endpoint")
    set_quotas(emulator.url, {ENDPOINT: 0})
    try:
        code, message = error_of(world.sagemaker.create_endpoint, EndpointName=name, EndpointConfigName=config)
        assert (code, "'ml.t2.medium for endpoint usage' is 0 Instances" in message) == ("ResourceLimitExceeded", True)
        set_quotas(emulator.url, {ENDPOINT: 1})
        world.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=config)
        assert world.settled(name)["EndpointStatus"] == "InService"
        code, message = error_of(world.sagemaker.update_endpoint, EndpointName=name, EndpointConfigName=config)
        assert (code, "current utilization of 1 Instances" in message) == ("ResourceLimitExceeded", True)
        world.remove(name)
    finally:
        set_quotas(emulator.url, {ENDPOINT: None})


def _stopped(jobs: Jobs, job: str) -> None:
    execution = jobs.start(job, 60, 50)
    wait_until(lambda: jobs.state(job) == "RUNNING", SECONDS, "the job to run")
    jobs.emulator.client("stepfunctions").stop_execution(executionArn=execution)


def _timed_out(jobs: Jobs, job: str) -> None:
    ended = jobs.ended(jobs.start(job, 60, 3, Catch=CATCH))
    assert json.loads(ended["output"])["Error"] == "States.Timeout"


ENDS: dict[str, Callable[[Jobs, str], Any]] = {
    "the execution is stopped": _stopped,
    "another branch fails": start_beside_a_failing_branch,
    "the task's time is up": _timed_out,
}


@pytest.mark.parametrize("row", FACTS["sync"], ids=lambda row: row["ends"])
def test_a_job_that_is_waited_for_is_cancelled_only_with_its_execution_or_branch(
    emulator: Emulator, row: dict[str, Any]
) -> None:
    jobs = Jobs(emulator, fresh("recorded"))
    job = jobs.job("endless")
    ENDS[row["ends"]](jobs, job)
    wait_until(lambda: jobs.state(job) == row["job"], SECONDS, f"the job to be {row['job']}")
    for run in emulator.client("glue").get_job_runs(JobName=job)["JobRuns"]:
        emulator.client("glue").batch_stop_job_run(JobName=job, JobRunIds=[run["Id"]])
