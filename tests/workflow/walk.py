"""Walks a definition with given answers of the services, strictly: every expression on the way must have a result."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.workflow.assembly import MODELS, SETTINGS
from tests.workflow.expressions import CONTEXT, evaluate

MOST_STEPS = 2000


class ServiceError(Exception):
    """An answer that is an error: its name and its cause."""

    def __init__(self, name: str, cause: str = "because") -> None:
        super().__init__(name)
        self.name = name
        self.cause = cause


@dataclass
class Walk:
    """The course of a walk: states, calls and the end."""

    path: list[str] = field(default_factory=list)
    calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    output: Any = None
    error: str | None = None
    cause: str | None = None

    @property
    def end(self) -> str:
        return self.path[-1]


Answer = Mapping[str, Any] | Exception | Callable[[int], Any]


def walk(definition: Mapping[str, Any], given: Mapping[str, Any], answers: Mapping[str, Answer]) -> Walk:
    """Run the definition for the first model. `answers` are by state; a function is given how often it was asked."""
    done = Walk()
    done.output = _run(definition, {"model": MODELS[0], "settings": SETTINGS, **given}, answers, {}, done)
    return done


def timeout_seconds(state: Mapping[str, Any]) -> int:
    """The time limit of a task for the first model."""
    return evaluate(state["TimeoutSeconds"], {}, {"settings": SETTINGS})


def _run(
    definition: Mapping[str, Any], given: Any, answers: Mapping[str, Answer], variables: dict[str, Any], done: Walk
) -> Any:
    name = definition["StartAt"]
    while len(done.path) < MOST_STEPS:
        state = definition["States"][name]
        done.path.append(name)
        scope = {"input": given, "context": {**CONTEXT, "State": CONTEXT["State"] | {"Name": name}}}
        if state["Type"] == "Succeed":
            return evaluate(state.get("Output", given), scope, variables)
        if state["Type"] == "Fail":
            done.error, done.cause = (evaluate(state[part], scope, variables) for part in ("Error", "Cause"))
            return None
        chosen: Mapping[str, Any] = state
        if state["Type"] == "Choice":
            chosen = {"Next": _choose(state, scope, variables)}
        elif state["Type"] == "Task":
            chosen, scope = _call(name, state, scope, answers, variables, done)
        elif state["Type"] == "Map":
            for item in evaluate(state["Items"], scope, variables):
                _run(state["ItemProcessor"], item, answers, variables, done)
        assigned = evaluate(chosen.get("Assign", {}), scope, variables)
        given = evaluate(chosen.get("Output", given), scope, variables)
        variables.update(assigned)
        name = chosen["Next"]
    raise AssertionError(f"no end after {MOST_STEPS} steps: {done.path[-20:]}")


def _choose(state: Mapping[str, Any], scope: Mapping[str, Any], variables: Mapping[str, Any]) -> str:
    for rule in state["Choices"]:
        holds = evaluate(rule["Condition"], scope, variables)
        assert isinstance(holds, bool), rule
        if holds:
            return rule["Next"]
    return state["Default"]


def _call(
    name: str,
    state: Mapping[str, Any],
    scope: dict[str, Any],
    answers: Mapping[str, Answer],
    variables: Mapping[str, Any],
    done: Walk,
) -> tuple[Mapping[str, Any], dict[str, Any]]:
    done.calls[name] = evaluate(state["Arguments"], scope, variables)
    answer: Any = answers[name]
    if callable(answer):
        answer = answer(done.path.count(name) - 1)
    if isinstance(answer, ServiceError):
        # States.TaskFailed stands for every error but a timeout.
        caught_by = {answer.name, "States.ALL"} | ({"States.TaskFailed"} if answer.name != "States.Timeout" else set())
        for catcher in state["Catch"]:
            if caught_by & set(catcher["ErrorEquals"]):
                return catcher, scope | {"errorOutput": {"Error": answer.name, "Cause": answer.cause}}
    return state, scope | {"result": answer}
