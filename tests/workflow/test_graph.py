"""The shape of both machines: nothing leads nowhere, and nothing fails silently."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.workflow.assembly import MODELS, all_states, machine, machines, tasks

BOTH = ("training", "deployment")
JSON_PATH_FIELDS = {
    "InputPath", "OutputPath", "Parameters", "ResultPath", "ResultSelector", "Variable", "ItemsPath",
    "SecondsPath", "TimestampPath", "TimeoutSecondsPath", "ErrorPath", "CausePath",
}  # fmt: skip
JOINS_A_CRAWL = ["Glue.CrawlerRunningException"]


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
        assert task["TimeoutSeconds"] > 0, name
        assert task["Retry"], name
        assert task["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name


def test_every_catcher_leads_to_a_failure_except_the_one_that_joins_a_crawl() -> None:
    joining = []
    for kind in BOTH:
        for scope in _scopes(machine(kind)):
            for state in scope["States"].values():
                for catcher in state.get("Catch", []):
                    if scope["States"][catcher["Next"]]["Type"] != "Fail":
                        joining.append((catcher["ErrorEquals"], catcher["Next"]))
    assert joining == [(JOINS_A_CRAWL, "WaitForCrawler")]


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


@pytest.mark.parametrize("kind", BOTH)
def test_the_machines_of_two_models_differ_in_values_only(kind: str) -> None:
    first, second = (_shape(machine(kind, model)) for model in MODELS)
    assert first == second


def _shape(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _shape(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_shape(each) for each in value]
    return type(value).__name__


def test_there_are_two_machines_for_each_model() -> None:
    assert sorted(machines()) == sorted(f"mlops-rehearsal-{model}-{kind}" for model in MODELS for kind in BOTH)
