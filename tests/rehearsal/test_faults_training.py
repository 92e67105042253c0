"""Every task state of the training machine fails once: the run fails, one person is told once, and nothing is left."""

import json

import pytest

from tests.rehearsal.bench import Machine
from tests.rehearsal.campaign import Campaign, Line
from tests.rehearsal.conftest import Platform
from tests.rehearsal.fault_cases import DONE_WITHOUT, TRAINING, WITH_CHAMPION, Case
from tests.rehearsal.inbox import Inbox
from tests.rehearsal.told import Told, assert_failed_as_designed, assert_one_message, assert_others_retried
from tests.workflow.assembly import CLEAN_UPS

pytestmark = pytest.mark.slow
CASES = (*TRAINING, *WITH_CHAMPION)


@pytest.fixture(scope="module")
def line(campaign: Campaign) -> Line:
    return campaign.training()


@pytest.fixture(scope="module")
def told(line: Line, inbox: Inbox) -> Told:
    return Told.wait(inbox, line)


def test_every_task_state_of_the_deployed_machine_has_a_fault(platform: Platform, line: Line) -> None:
    machines: set[Machine] = {result.machine for result in line.results.values()}
    for machine in machines:
        # An error of a clean-up is dropped (tests/workflow/test_clean_up.py): it is no way in which a run fails.
        left_out = {*DONE_WITHOUT, *CLEAN_UPS}
        assert set(machine.tasks()) - left_out == {case.state for case in CASES}, machine.name


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.state)
def test_a_failing_state_ends_the_run(line: Line, case: Case) -> None:
    assert_failed_as_designed(line.results[case.state])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.state)
def test_people_are_told_once_with_state_cause_and_way_out(line: Line, told: Told, case: Case) -> None:
    assert_one_message(line.results[case.state], told)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.state)
def test_no_job_is_left_running(line: Line, case: Case) -> None:
    assert line.results[case.state].running_jobs == []


# DeleteCandidateModel is the state whose deletion fails.
@pytest.mark.parametrize(
    "case", [case for case in CASES if case.state != "DeleteCandidateModel"], ids=lambda case: case.state
)
def test_no_candidate_model_is_left(line: Line, case: Case) -> None:
    assert line.results[case.state].candidates == []


@pytest.mark.parametrize("case", WITH_CHAMPION, ids=lambda case: case.state)
def test_the_champion_serves_on(line: Line, case: Case) -> None:
    result = line.results[case.state]
    assert result.served_before
    assert result.served_after == result.served_before


def test_what_the_retriers_forgive_does_not_fail_the_run(line: Line, told: Told) -> None:
    assert_others_retried(line.forgiven["training"], told)


def test_a_crawl_that_fails_is_told_with_the_run_and_by_an_alarm(line: Line, told: Told, inbox: Inbox) -> None:
    execution = line.forgiven["training"].execution
    model = json.loads(execution["input"])["model"]
    [warning] = json.loads(execution["output"])["warnings"]

    assert "the crawler was refused in GetCrawler: Glue.EntityNotFoundException" in warning
    assert inbox.wait_for(f"A run of {model} went on in spite of something", deadline_seconds=30)


def test_a_lost_etl_job_is_run_once_more(line: Line) -> None:
    runs = {name: status for name, status in line.forgiven["training"].jobs.items() if name.startswith("jr_")}
    assert sorted(runs.values()) == ["FAILED", "SUCCEEDED"]


@pytest.mark.parametrize("kind", ["train", "holdout"])
def test_a_job_that_fails_once_is_tried_once_more_under_a_new_name(line: Line, kind: str) -> None:
    jobs = {name: status for name, status in line.forgiven["training"].jobs.items() if f"-{kind}-" in name}
    assert {name.rpartition("-")[2]: status for name, status in jobs.items()} == {"00": "Failed", "01": "Completed"}
