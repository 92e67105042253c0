"""The shape of both machines: nothing leads nowhere, and nothing fails silently."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.workflow.assembly import CLEAN_UPS, MODELS, all_states, machine, machines, tasks
from tests.workflow.walk import timeout_seconds

BOTH = ("training", "deployment")
JSON_PATH_FIELDS = {
    "InputPath", "OutputPath", "Parameters", "ResultPath", "ResultSelector", "Variable", "ItemsPath",
    "SecondsPath", "TimestampPath", "TimeoutSecondsPath", "ErrorPath", "CausePath",
}  # fmt: skip
QUOTA = ("SageMaker.ResourceLimitExceededException", "SageMaker.ResourceLimitExceeded")
MAY_WAIT = ("TrainModel", "ScoreHoldout", "ScoreHoldoutWithChampion", "CreateEndpoint", "UpdateEndpoint")
# Each catcher after which a run goes on.
GOING_ON = {
    ("StartCrawler", "Glue.CrawlerRunningException", "WaitForCrawler"),
    ("StartCrawler", "States.ALL", "CrawlRefused"),
    ("GetCrawler", "States.ALL", "CrawlRefused"),
    ("CountWarnings", "States.ALL", "RunEtl"),
    ("RunEtl", "States.TaskFailed", "EtlLost?"),
    ("ReadServingConfig", "SageMaker.SageMakerException", "ReadScaling"),
    ("StopScaling", "ApplicationAutoScaling.ObjectNotFoundException", "UpdateEndpoint"),
    *((name, error, "WaitForQuota?") for name in MAY_WAIT for error in QUOTA),
}
WAY_BACK = {
    "LookAfterFailure", "ReadAfterFailure", "ClearGuardAlarms", "DeleteFailedConfig", "DeleteFailedModel",
    "RestoreScaling", "RestoreScalingPolicies",
}  # fmt: skip


def _scopes(definition: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield definition
    for state in definition["States"].values():
        if "ItemProcessor" in state:
            yield from _scopes(state["ItemProcessor"])


def _followers(state: Mapping[str, Any]) -> set[str]:
    found = {state[key] for key in ("Next", "Default") if key in state}
    return found | {each["Next"] for key in ("Choices", "Catch") for each in state.get(key, [])}


@pytest.mark.parametrize("kind", BOTH)
def test_every_next_state_exists_in_its_own_scope(kind: str) -> None:
    for scope in _scopes(machine(kind)):
        wanted = {scope["StartAt"]}.union(*(_followers(state) for state in scope["States"].values()))
        assert wanted <= set(scope["States"])


@pytest.mark.parametrize("kind", BOTH)
def test_every_state_can_be_reached(kind: str) -> None:
    for scope in _scopes(machine(kind)):
        reached, open_states = set[str](), {scope["StartAt"]}
        while open_states:
            name = open_states.pop()
            reached.add(name)
            open_states |= _followers(scope["States"][name]) - reached
        assert reached == set(scope["States"])


@pytest.mark.parametrize("kind", BOTH)
def test_state_names_are_unique_in_the_whole_machine_and_short_enough(kind: str) -> None:
    names = [name for scope in _scopes(machine(kind)) for name in scope["States"]]
    assert len(names) == len(set(names))
    assert max(map(len, names)) <= 80


@pytest.mark.parametrize("kind", BOTH)
def test_every_state_that_is_no_end_leads_on(kind: str) -> None:
    for name, state in all_states(machine(kind)).items():
        assert (state["Type"] in ("Succeed", "Fail")) != bool(_followers(state)), name


@pytest.mark.parametrize("kind", BOTH)
def test_a_machine_speaks_jsonata_only_and_ends_in_time(kind: str) -> None:
    definition = machine(kind)
    assert definition["QueryLanguage"] == "JSONata"
    assert 3600 <= definition["TimeoutSeconds"] <= 24 * 3600
    for name, state in all_states(definition).items():
        assert not JSON_PATH_FIELDS & set(state), name
        assert not any(key.endswith(".$") for key in state.get("Arguments", {})), name


def test_every_task_has_a_timeout_retries_and_a_catcher_for_all_else() -> None:
    for name, task in tasks().items():
        assert timeout_seconds(task) > 0, name
        assert task["Retry"], name
        assert task["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name


def test_every_catcher_leads_to_a_failure_except_those_that_are_meant_to_go_on() -> None:
    going_on = set()
    for kind in BOTH:
        for scope in _scopes(machine(kind)):
            for name, state in scope["States"].items():
                for catcher in state.get("Catch", []):
                    if name not in WAY_BACK and not fails(scope["States"], catcher["Next"]):
                        going_on |= {(name, error, catcher["Next"]) for error in catcher["ErrorEquals"]}
    assert going_on == GOING_ON


def test_a_step_of_the_way_back_keeps_the_failure_that_led_there() -> None:
    states = machine("deployment")["States"]
    assert {name for name in states if fails(states, name) and "Catch" in states[name]} - {"RejectPackage"} == WAY_BACK
    for name in WAY_BACK:
        [catcher] = states[name]["Catch"]
        assert (catcher["ErrorEquals"], catcher["Output"]) == (["States.ALL"], "{% $states.input %}"), name


@pytest.mark.parametrize("name", CLEAN_UPS)
def test_an_error_while_cleaning_up_does_not_hide_the_first_one(name: str) -> None:
    state = machine("training")["States"][name]
    [catcher] = state["Catch"]
    assert catcher == {"ErrorEquals": ["States.ALL"], "Output": "{% $states.input %}", "Next": state["Next"]}
    assert state["Output"] == "{% $states.input %}"
    assert fails(machine("training")["States"], name)


def fails(states: Mapping[str, Any], name: str) -> bool:
    """Tell whether every way from a state ends in a failure."""
    ends, waiting, seen = set(), {name}, set()
    while waiting:
        here = waiting.pop()
        seen.add(here)
        ends |= {states[here]["Type"]} if not _followers(states[here]) else set()
        waiting |= _followers(states[here]) - seen
    return ends == {"Fail"}


@pytest.mark.parametrize("kind", BOTH)
def test_a_map_hands_the_failure_of_an_item_on(kind: str) -> None:
    for name, state in all_states(machine(kind)).items():
        if state["Type"] == "Map":
            assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name


@pytest.mark.parametrize("kind", BOTH)
def test_no_answer_of_a_service_travels_as_input_to_the_next_state(kind: str) -> None:
    for name, state in all_states(machine(kind)).items():
        if state["Type"] in ("Task", "Map"):
            assert state["Output"] == "{% $states.input %}", name


def test_two_machines_serve_all_models() -> None:
    assert sorted(machines()) == sorted(f"mlops-rehearsal-{kind}" for kind in BOTH)
    assert not [model for model in MODELS if model in json.dumps(machines())]
