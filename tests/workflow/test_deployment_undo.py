"""Remains of a failed deployment: nothing that it made, unless it serves."""

from typing import Any

import pytest

from tests.workflow.answers import CONFIG, NAME, deployment, endpoint, endpoints
from tests.workflow.assembly import machine
from tests.workflow.test_deployment_walk import INPUT
from tests.workflow.walk import ServiceError, Walk, walk

REFUSED = ServiceError("SageMaker.SageMakerException", "refused")
MADE = {"DeleteFailedConfig": {"EndpointConfigName": CONFIG}, "DeleteFailedModel": {"ModelName": CONFIG}}
ALARMS = {"AlarmNames": [f"{CONFIG}-guard-errors", f"{CONFIG}-guard-latency"]}
BEFORE_THE_UPDATE = (
    "PutGuardAlarm", "PutLatencyGuardAlarm", "ReadEndpoint", "ReadScaling", "UpdateEndpoint",
)  # fmt: skip
DURING_IT = ("SendGoldenRequests", "DescribeEndpoint")


def _update(**changes: Any) -> Walk:
    changes = {"FindEndpoint": endpoints((NAME, "InService")), **changes}
    return walk(machine("deployment"), INPUT, deployment(**changes))


@pytest.mark.parametrize("state", BEFORE_THE_UPDATE)
def test_a_failure_before_the_update_takes_alarms_configuration_and_model_away(state: str) -> None:
    done = _update(**{state: REFUSED})
    assert {name: done.calls.get(name) for name in MADE} == MADE
    assert done.calls["ClearGuardAlarms"] == ALARMS
    assert (done.end, done.cause) == ("Failed", f"{state}: refused")


@pytest.mark.parametrize("state", ["DescribePackage", "FindEndpoint", "CreateModel"])
def test_a_failure_before_anything_was_made_has_nothing_to_undo(state: str) -> None:
    assert _update(**{state: REFUSED}).path[-2:] == [state, "Failed"]


def test_a_configuration_that_was_refused_takes_its_model_along() -> None:
    done = _update(CreateEndpointConfig=REFUSED)
    assert done.calls["DeleteFailedModel"] == MADE["DeleteFailedModel"]
    assert not {"DeleteFailedConfig", "ClearGuardAlarms"} & set(done.path)
    assert (done.end, done.cause) == ("Failed", "CreateEndpointConfig: refused")


def test_nothing_is_made_before_the_endpoint_is_in_rest() -> None:
    """Two deployments at once: the second one waits, and gives up without touching what the first one made."""
    for status in ("Updating", "UpdateRollbackFailed"):
        done = _update(FindEndpoint=endpoints((NAME, status)))
        assert not [name for name in done.calls if not name.startswith(("Describe", "Find"))]


@pytest.mark.parametrize("state", DURING_IT)
def test_an_update_that_cannot_be_watched_is_waited_for_before_anything_is_taken_away(state: str) -> None:
    looks = [endpoints((NAME, status)) for status in ("Updating", "RollingBack", "InService")]
    done = _update(**{state: REFUSED}, LookAfterFailure=lambda times: looks[times])
    assert done.path.count("WaitAfterFailure") == 2
    assert {name: done.calls.get(name) for name in MADE} == MADE
    assert (done.end, done.cause) == ("Failed", f"{state}: refused")


@pytest.mark.parametrize("state", [*DURING_IT, "ListGuardAlarms", "ProveEndpoint"])
def test_what_serves_in_the_end_is_kept(state: str) -> None:
    done = _update(**{state: REFUSED}, ReadAfterFailure=endpoint("InService"))
    assert not set(MADE) & set(done.path)
    assert done.calls["ClearGuardAlarms"] == ALARMS
    assert done.end == "Failed"


def test_while_the_update_goes_on_and_on_its_alarms_and_its_configuration_stay() -> None:
    done = _update(SendGoldenRequests=REFUSED, LookAfterFailure=endpoints((NAME, "Updating")))
    assert done.path.count("WaitAfterFailure") * 15 <= 90 * 60
    assert not {*MADE, "ClearGuardAlarms"} & set(done.path)
    assert (done.end, done.cause) == ("Failed", "SendGoldenRequests: refused")


def test_a_first_endpoint_that_was_refused_leaves_nothing() -> None:
    done = _update(FindEndpoint=endpoints(), CreateEndpoint=REFUSED, LookAfterFailure=endpoints())
    assert {name: done.calls.get(name) for name in MADE} == MADE
    assert done.end == "Failed"


def test_a_first_endpoint_that_failed_keeps_its_configuration_to_be_looked_at() -> None:
    done = _update(FindEndpoint=endpoints(), DescribeEndpoint=endpoint("Failed"))
    assert not set(MADE) & set(done.path)
    assert done.end == "DeploymentRolledBack"


def test_a_rejection_that_failed_is_undone_and_told_as_such() -> None:
    done = _update(DescribeEndpoint=endpoint("InService", "old"), RejectPackage=REFUSED)
    assert {name: done.calls.get(name) for name in MADE} == MADE
    assert (done.end, done.cause) == ("Failed", "RejectPackage: refused")


@pytest.mark.parametrize("step", ["ClearGuardAlarms", "DeleteFailedConfig", "DeleteFailedModel"])
def test_a_step_of_the_way_back_that_fails_hides_neither_the_others_nor_the_failure(step: str) -> None:
    done = _update(
        UpdateEndpoint=ServiceError("SageMaker.ResourceLimitExceededException", "too many"), **{step: REFUSED}
    )
    assert {"ClearGuardAlarms", *MADE} <= set(done.path)
    assert (done.error, done.cause) == ("SageMaker.ResourceLimitExceededException", "UpdateEndpoint: too many")


def test_the_way_back_looks_no_longer_than_a_deployment_may() -> None:
    done = _update(SendGoldenRequests=REFUSED, LookAfterFailure=endpoints((NAME, "Updating")))
    assert done.path.count("LookAfterFailure") * 15 == 90 * 60
