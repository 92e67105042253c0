"""Every task state of the deployment machine fails once: one person is told once, and the endpoint goes on serving."""

import pytest

from tests.rehearsal.campaign import Campaign, Line
from tests.rehearsal.conftest import Platform
from tests.rehearsal.fault_cases import (
    AFTER_THE_UPDATE,
    AUTOSCALING,
    BEFORE_UPDATE,
    DEPLOYMENT,
    GOING_ON,
    LEFT_TO_THE_NEXT,
    STILL_SCALED,
    Case,
)
from tests.rehearsal.inbox import Inbox
from tests.rehearsal.told import Told, assert_failed_as_designed, assert_one_message, assert_others_retried

pytestmark = pytest.mark.slow

GUARDS = ("errors", "latency")


@pytest.fixture(scope="module")
def line(campaign: Campaign) -> Line:
    return campaign.deployment()


@pytest.fixture(scope="module")
def told(line: Line, inbox: Inbox) -> Told:
    return Told.wait(inbox, line)


def test_every_task_state_of_the_deployed_machine_has_a_fault(platform: Platform, line: Line) -> None:
    [machine] = {result.machine for result in line.results.values()}
    assert set(machine.tasks()) == {case.state for case in DEPLOYMENT} | GOING_ON


@pytest.mark.parametrize("case", DEPLOYMENT, ids=lambda case: case.state)
def test_a_failing_state_ends_the_deployment(line: Line, case: Case) -> None:
    assert_failed_as_designed(line.results[case.state])


@pytest.mark.parametrize("case", DEPLOYMENT, ids=lambda case: case.state)
def test_people_are_told_once_with_state_cause_and_way_out(line: Line, told: Told, case: Case) -> None:
    assert_one_message(line.results[case.state], told)


@pytest.mark.parametrize("case", (*BEFORE_UPDATE, *STILL_SCALED, *LEFT_TO_THE_NEXT), ids=lambda case: case.state)
def test_before_the_update_the_endpoint_serves_what_it_served(line: Line, case: Case) -> None:
    result = line.results[case.state]
    assert result.served_before
    assert result.served_after == result.served_before


@pytest.mark.parametrize("case", (*BEFORE_UPDATE, *STILL_SCALED), ids=lambda case: case.state)
def test_a_deployment_that_fails_before_the_update_leaves_nothing_that_it_made(line: Line, case: Case) -> None:
    assert line.results[case.state].left == []


def test_what_failed_deployments_could_not_remove_the_next_one_removes(line: Line) -> None:
    [last] = LEFT_TO_THE_NEXT
    left, good = line.results[last.state].left, line.good

    assert good
    assert good.execution["status"] == "SUCCEEDED", good.execution.get("cause")
    # A configuration with its model, which has its name, and the alarms that would have watched the update.
    alarms = [name for name in left if "-guard-" in name]
    [config] = set(left) - set(alarms)
    assert alarms == [f"{config}-guard-{kind}" for kind in GUARDS]
    assert set(left) <= good.before
    # It keeps what served before, for the way back.
    assert good.served in good.after
    assert set(left) & good.after == set()


@pytest.mark.parametrize("case", AFTER_THE_UPDATE, ids=lambda case: case.state)
def test_a_deployment_that_fails_later_leaves_what_serves(line: Line, case: Case) -> None:
    result = line.results[case.state]
    left = [name for name in result.left if name != result.served_after]
    assert case.again_in or case.state == "DeleteGuardAlarms" or left == []


@pytest.mark.parametrize("case", (*AFTER_THE_UPDATE, *AUTOSCALING), ids=lambda case: case.state)
def test_after_the_update_the_endpoint_serves_the_new_configuration(line: Line, case: Case) -> None:
    result = line.results[case.state]
    assert result.served_before
    assert result.served_after
    assert result.served_after != result.served_before


def test_what_the_retriers_forgive_does_not_fail_the_deployment(line: Line, told: Told) -> None:
    assert_others_retried(line.forgiven["deployment"], told)
