"""Time that is up: the execution ends, its job is stopped, one person is told, and the intake is free again."""

from contextlib import ExitStack
from typing import Any

import pytest

from tests.rehearsal.bench import Bench, Machine, until
from tests.rehearsal.inbox import Inbox
from tests.rehearsal.told import assert_message

pytestmark = pytest.mark.slow

MESSAGE_SECONDS = 120
# Longer than the states before the waiting one take on a busy machine; that one waits without end.
MACHINE_SECONDS = 20
STATE_SECONDS = 2
# Longer than the states before an update take, shorter than the update with its bake.
DEPLOYMENT_SECONDS = 8
REACHED_SECONDS = 600


@pytest.fixture
def serving(bench: Bench, undone: ExitStack) -> str:
    """The configuration that serves, of the first deployment if nothing has been deployed yet."""
    assert undone
    if bench.served() is None:
        known = bench.deployment.known()
        assert bench.training.ended(bench.upload())["status"] == "SUCCEEDED"
        assert bench.deployment.ended(bench.deployment.started_since(known))["status"] == "SUCCEEDED"
    config = bench.served()
    assert config
    return config


def pending(bench: Bench, undone: ExitStack, action: str, part: str) -> str:
    """Let jobs of this kind wait for their instances until they are stopped; the id of the fault."""
    fault = bench.faults.inject(action, times=5, matches=[part], job_pending=True)
    undone.callback(bench.faults.remove, fault)
    return fault


def with_seconds(machine: Machine, undone: ExitStack, seconds: int, state: str | None = None) -> None:
    """Deploy the machine with another TimeoutSeconds, of its own or of a state; a crawl is looked at often."""

    def change(definition: dict[str, Any]) -> None:
        (definition["States"][state] if state else definition)["TimeoutSeconds"] = seconds
        if "WaitForCrawler" in definition["States"]:
            definition["States"]["WaitForCrawler"]["Seconds"] = 1

    undone.enter_context(machine.changed(change))


def stopped_jobs(bench: Bench, before: dict[str, str]) -> list[str]:
    """The statuses of the jobs since then, once none of them runs any more."""
    until(lambda: None if bench.running_jobs() else True, "the jobs to stop")
    return [status for name, status in bench.jobs().items() if name not in before]


def test_a_training_run_whose_time_is_up_stops_its_glue_run(bench: Bench, undone: ExitStack, inbox: Inbox) -> None:
    before = bench.jobs()
    pending(bench, undone, "glue:StartJobRun", f"/{bench.model}/")
    with_seconds(bench.training, undone, MACHINE_SECONDS)
    execution = bench.training.ended(bench.upload())

    assert execution["status"] == "TIMED_OUT"
    assert bench.training.entered(execution["executionArn"])[-1] == "RunEtl"
    assert stopped_jobs(bench, before) == ["STOPPED"]
    [message] = inbox.wait_for(execution["name"], deadline_seconds=MESSAGE_SECONDS)
    assert_message(message, state="RunEtl", cause="timed out")
    bench.wait_for_free_intake()


def test_a_state_whose_time_is_up_stops_its_training_job(bench: Bench, undone: ExitStack, inbox: Inbox) -> None:
    before = bench.jobs()
    pending(bench, undone, "sagemaker:CreateTrainingJob", f"-{bench.model}-")
    with_seconds(bench.training, undone, STATE_SECONDS, "TrainModel")
    execution = bench.training.ended(bench.upload())

    assert execution["status"] == "FAILED"
    assert execution["error"] == "States.Timeout"
    assert stopped_jobs(bench, before) == ["Stopped", "SUCCEEDED"]
    [message] = inbox.wait_for(execution["name"], deadline_seconds=MESSAGE_SECONDS)
    assert_message(message, state="TrainModel", cause="States.Timeout")
    bench.wait_for_free_intake()


def test_a_state_whose_time_is_up_stops_its_transform_job_and_leaves_no_candidate(
    bench: Bench, undone: ExitStack, inbox: Inbox
) -> None:
    before = bench.jobs()
    pending(bench, undone, "sagemaker:CreateTransformJob", f"-{bench.model}-")
    with_seconds(bench.training, undone, STATE_SECONDS, "ScoreHoldout")
    execution = bench.training.ended(bench.upload())

    assert execution["status"] == "FAILED"
    assert execution["error"] == "States.Timeout"
    assert bench.training.entered(execution["executionArn"])[-4:] == [
        "ScoreHoldout",
        "StopTransform",
        "DiscardCandidate",
        "Failed",
    ]
    assert stopped_jobs(bench, before) == ["Completed", "Stopped", "SUCCEEDED"]
    assert bench.candidates() == []
    [message] = inbox.wait_for(execution["name"], deadline_seconds=MESSAGE_SECONDS)
    assert_message(message, state="ScoreHoldout", cause="States.Timeout")
    bench.wait_for_free_intake()


def test_a_run_that_somebody_stops_stops_its_transform_job(bench: Bench, undone: ExitStack, inbox: Inbox) -> None:
    before = bench.jobs()
    fault = pending(bench, undone, "sagemaker:CreateTransformJob", f"-{bench.model}-")
    running = bench.upload()
    until(lambda: bench.faults.hits(fault) or None, "the transform job", REACHED_SECONDS)
    bench.training.stop(running)
    execution = bench.training.ended(running)

    assert execution["status"] == "ABORTED"
    assert stopped_jobs(bench, before) == ["Completed", "Stopped", "SUCCEEDED"]
    [message] = inbox.wait_for(execution["name"], deadline_seconds=MESSAGE_SECONDS)
    assert_message(message, state="ScoreHoldout", cause="was aborted")
    bench.wait_for_free_intake()


def test_a_run_that_somebody_stops_ends_the_process_of_its_glue_run(
    bench: Bench, undone: ExitStack, inbox: Inbox
) -> None:
    assert undone
    before = bench.jobs()
    running = bench.upload()
    until(lambda: True if "RUNNING" in bench.jobs().values() else None, "Spark", REACHED_SECONDS)
    bench.training.stop(running)
    execution = bench.training.ended(running)

    assert stopped_jobs(bench, before) == ["STOPPED"]
    [message] = inbox.wait_for(execution["name"], deadline_seconds=MESSAGE_SECONDS)
    assert_message(message, state="RunEtl", cause="was aborted")
    bench.wait_for_free_intake()


def test_a_deployment_whose_time_is_up_leaves_an_endpoint_that_serves(
    bench: Bench, undone: ExitStack, serving: str, inbox: Inbox
) -> None:
    with_seconds(bench.deployment, undone, DEPLOYMENT_SECONDS)
    started = bench.deployment.start("none", {"package_arn": bench.newest_package(), "reason": "a time-out"})
    execution = bench.deployment.ended(started)

    assert serving
    assert execution["status"] == "TIMED_OUT"
    assert bench.served()
    [message] = inbox.wait_for(execution["name"], deadline_seconds=MESSAGE_SECONDS)
    assert_message(message, state=bench.deployment.entered(started)[-1], cause="timed out")
