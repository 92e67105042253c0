"""Names that runs make: legal, short enough, and new at every attempt."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.workflow.assembly import MODELS, PREFIX, machine
from tests.workflow.expressions import CONTEXT, RUN, evaluate

JOB_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}")
LONGEST = MODELS[1]
NAME = f"{PREFIX}-{LONGEST}"
KINDS = {"TrainModel": "train", "ScoreHoldout": "holdout", "ScoreHoldoutWithChampion": "champion"}


def _states(redrive: int = 0, retry: int = 0) -> dict[str, Any]:
    execution = CONTEXT["Execution"] | {"RedriveCount": redrive}
    return {"context": {"Execution": execution, "State": CONTEXT["State"] | {"RetryCount": retry}}, "input": {}}


def _job_name(state: str, redrive: int = 0, retry: int = 0, looks: int = 0) -> str:
    arguments = machine("training")["States"][state]["Arguments"]
    name = arguments.get("TrainingJobName") or arguments["TransformJobName"]
    return evaluate(name, _states(redrive, retry), {"run": RUN, "quota_looks": looks, "name": NAME})


def test_the_longest_model_name_stands_in_these_tests() -> None:
    assert len(LONGEST) == 20


def test_a_run_is_named_by_the_twelve_digits_of_its_start() -> None:
    run = machine("training")["States"]["NameRun"]["Assign"]["run"]
    assert evaluate(run, _states()) == RUN


@given(moment=st.datetimes())
def test_every_start_gives_twelve_digits(moment: Any) -> None:
    run = machine("training")["States"]["NameRun"]["Assign"]["run"]
    start = f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z".rjust(24, "0")
    states = {"context": CONTEXT | {"Execution": CONTEXT["Execution"] | {"StartTime": start}}}
    assert evaluate(run, states) == f"{start[2:4]}{moment:%m%d%H%M%S}"


@pytest.mark.parametrize(("state", "kind"), KINDS.items())
def test_job_names_are_legal_even_after_a_hundred_redrives(state: str, kind: str) -> None:
    assert _job_name(state) == f"{PREFIX}-{LONGEST}-{RUN}-{kind}-00"
    for redrive, retry, looks in ((0, 0, 0), (0, 9, 0), (99, 9, 0), (99, 9, 9)):
        name = _job_name(state, redrive, retry, looks)
        assert len(name) <= 63
        assert JOB_NAME.fullmatch(name)


@pytest.mark.parametrize("state", KINDS)
def test_every_attempt_has_a_job_name_of_its_own(state: str) -> None:
    attempts = [(redrive, retry) for redrive in range(3) for retry in range(3)]
    assert len({_job_name(state, *attempt) for attempt in attempts}) == len(attempts)


@pytest.mark.parametrize("state", KINDS)
def test_a_try_after_a_quota_has_a_name_that_no_try_before_it_had(state: str) -> None:
    """A try may have started a job that was lost, before the quota refused the next one."""
    catcher = next(each for each in machine("training")["States"][state]["Catch"] if "Assign" in each)
    names: list[str] = []
    looks = 0
    for retries in (2, 0, 1):
        names += [_job_name(state, retry=retry, looks=looks) for retry in range(retries + 1)]
        looks = evaluate(catcher["Assign"]["quota_looks"], _states(retry=retries), {"quota_looks": looks})
    assert len(set(names)) == len(names)


def _created(machine_kind: str, state: str, member: str, redrive: int, retry: int) -> str:
    name = machine(machine_kind)["States"][state]["Arguments"][member]
    deployed = f"{PREFIX}-{LONGEST}-v9999-{RUN}"
    return evaluate(name, _states(redrive, retry), {"run": RUN, "deployed": deployed, "name": NAME})


CREATED = [
    ("training", "CreateCandidateModel", "ModelName", f"{PREFIX}-{LONGEST}-{RUN}-candidate"),
    ("deployment", "CreateModel", "ModelName", f"{PREFIX}-{LONGEST}-v9999-{RUN}"),
    ("deployment", "CreateEndpointConfig", "EndpointConfigName", f"{PREFIX}-{LONGEST}-v9999-{RUN}"),
]


@pytest.mark.parametrize(("kind", "state", "member", "first"), CREATED)
def test_models_and_configs_get_a_number_only_when_the_first_attempt_may_have_taken_the_name(
    kind: str, state: str, member: str, first: str
) -> None:
    assert _created(kind, state, member, 0, 0) == first
    assert _created(kind, state, member, 0, 1) == f"{first}-01"
    assert _created(kind, state, member, 1, 0) == f"{first}-10"
    assert all(JOB_NAME.fullmatch(_created(kind, state, member, *attempt)) for attempt in ((0, 0), (9, 5), (10, 0)))


@pytest.mark.parametrize(("kind", "state", "member", "first"), CREATED)
def test_the_name_that_is_remembered_is_the_name_that_was_given(kind: str, state: str, member: str, first: str) -> None:
    definition = machine(kind)["States"][state]
    assert definition["Arguments"][member] in definition["Assign"].values()


def test_endpoint_alarm_and_rule_names_are_within_their_limits() -> None:
    assert machine("deployment")["States"]["CreateEndpoint"]["Arguments"]["EndpointName"] == "{% $name %}"
    assert len(NAME) <= 63
    assert len(f"{NAME}-schedule") <= 64
