"""A quota that waiting cannot help is told at once; one that is used up is waited for, three quarters of an hour."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.workflow.answers import CHAMPION, NAME, deployment, endpoints, training
from tests.workflow.assembly import machine
from tests.workflow.walk import ServiceError, Walk, walk

ROWS = tomllib.loads((Path(__file__).parents[1] / "conformance" / "recorded" / "jobs.toml").read_text())["quota"]
CAUSE = "{} (Service: SageMaker, Status Code: 400, Request ID: 1, Error Code: ResourceLimitExceeded)"
# As optimised integrations and as SDK integrations name it.
OPTIMISED, SDK = "SageMaker.ResourceLimitExceeded", "SageMaker.ResourceLimitExceededException"
TASKS = [
    ("training", "TrainModel", OPTIMISED),
    ("training", "TrainModel", SDK),
    ("training", "ScoreHoldout", OPTIMISED),
    ("training", "ScoreHoldoutWithChampion", OPTIMISED),
    ("deployment", "CreateEndpoint", SDK),
    ("deployment", "UpdateEndpoint", SDK),
]
EVERY_TASK = pytest.mark.parametrize(("kind", "task", "name"), TASKS)
WAIT_SECONDS = 300


def run(kind: str, task: str, answer: Any) -> Walk:
    """One machine, with the answer to one of its tasks."""
    if kind == "training":
        return walk(machine(kind), {}, training(**{"GetChampion": CHAMPION, task: answer}))
    there = {"FindEndpoint": endpoints((NAME, "InService"))} if task == "UpdateEndpoint" else {}
    return walk(machine(kind), {"package_arn": "arn"}, deployment(**there, **{task: answer}))


def refusal(name: str, row: dict[str, Any]) -> ServiceError:
    return ServiceError(name, CAUSE.format(row["message"]))


HOPELESS = [row for row in ROWS if row["limit"] < row["delta"]]
[USED_UP] = [row for row in ROWS if row["limit"] >= row["delta"]]


@pytest.mark.parametrize("row", HOPELESS, ids=lambda row: row["source"])
@EVERY_TASK
def test_a_quota_below_the_request_is_told_without_a_wait(kind: str, task: str, name: str, row: dict[str, Any]) -> None:
    done = run(kind, task, refusal(name, row))
    assert (done.end, done.error) == ("Failed", name)
    assert done.cause and done.cause.startswith(f"{task}: {row['message']}")
    assert "WaitForQuota" not in done.path
    assert done.path.count(task) == 1


@EVERY_TASK
def test_a_quota_that_is_used_up_is_waited_for_and_the_run_goes_on(kind: str, task: str, name: str) -> None:
    free = {**training(), **deployment()}[task]
    done = run(kind, task, lambda tries: refusal(name, USED_UP) if tries < 3 else free)
    assert done.path.count("WaitForQuota") == 3
    assert done.end in ("Registered", "Deployed")


@EVERY_TASK
def test_a_quota_that_never_frees_fails_after_three_quarters_of_an_hour(kind: str, task: str, name: str) -> None:
    done = run(kind, task, refusal(name, USED_UP))
    assert machine(kind)["States"]["WaitForQuota"]["Seconds"] == WAIT_SECONDS
    assert done.path.count("WaitForQuota") * WAIT_SECONDS == 45 * 60
    assert (done.end, done.error) == ("Failed", name)
    assert done.cause and done.cause.startswith(f"{task}: {USED_UP['message']}")


def test_a_quota_that_the_request_would_just_fill_is_waited_for() -> None:
    row = {"message": USED_UP["message"].replace("is 2 Instances", "is 1 Instances")}
    assert "is 1 Instances, with" in row["message"] and "delta of 1 Instances" in row["message"]
    assert "WaitForQuota" in run("training", "TrainModel", refusal(OPTIMISED, row)).path


def test_a_refusal_without_numbers_is_waited_for() -> None:
    done = run("training", "TrainModel", ServiceError(OPTIMISED, "You have exceeded a limit"))
    assert "WaitForQuota" in done.path


def test_each_state_waits_for_itself_whatever_an_earlier_one_has_waited() -> None:
    busy = refusal(OPTIMISED, USED_UP)
    answers = training(
        TrainModel=lambda tries: busy if tries < 9 else training()["TrainModel"],
        ScoreHoldout=lambda tries: busy if tries < 9 else {},
    )
    assert walk(machine("training"), {}, answers).end == "Registered"


@pytest.mark.parametrize("task", ["ScoreHoldout", "ScoreHoldoutWithChampion"])
def test_a_run_that_a_quota_ends_after_the_candidate_was_made_removes_it(task: str) -> None:
    done = run("training", task, refusal(OPTIMISED, HOPELESS[0]))
    assert done.path[-2:] == ["DiscardCandidate", "Failed"]
