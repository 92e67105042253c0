"""Reads the two state machines out of the assembly."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mlops_constructs.workflow.substitutions import as_joined
from tools.documentation.assembly import Platform
from tools.documentation.phrases import phrase

KINDS = ("training", "deployment")
FAILED = "Failed"
State = Mapping[str, Any]
AT_LEAST = re.compile(r"\$\w+ >= (\d+)")


@dataclass(frozen=True)
class Machine:
    """One definition; the states of its maps stand beside the others, under their own unique names."""

    kind: str
    comment: str
    start: str
    timeout_seconds: int
    states: Mapping[str, State]
    inner_states: Mapping[str, State]


def read_machine(platform: Platform, kind: str) -> Machine:
    """The training or the deployment machine."""
    for _name, body in platform.resources("step-functions", "AWS::StepFunctions::StateMachine"):
        if body["Properties"]["StateMachineName"] == f"{platform.prefix}-{kind}":
            definition = json.loads(phrase(platform, "step-functions", as_joined(body["Properties"])))
            break
    else:
        raise LookupError(f"the assembly has no {kind} machine")
    states = definition["States"]
    inner = {
        name: each
        for state in states.values()
        if state["Type"] == "Map"
        for name, each in state["ItemProcessor"]["States"].items()
    }
    return Machine(
        kind,
        definition["Comment"],
        definition["StartAt"],
        definition["TimeoutSeconds"],
        states,
        inner,
    )


def next_states(state: State) -> Iterator[tuple[str, str]]:
    """The states to which a state leads, and when; errors that are caught by the general catcher are left out."""
    for rule in state.get("Choices", []):
        yield rule["Next"], condition(rule["Condition"])
    if "Default" in state:
        yield state["Default"], "else"
    if "Next" in state:
        yield state["Next"], ""
    for catcher in special_catchers(state):
        yield catcher["Next"], "if " + ", ".join(error.split(".")[-1] for error in catcher["ErrorEquals"])


def special_catchers(state: State) -> list[Mapping[str, Any]]:
    """Catchers that lead elsewhere than to the failure of the execution."""
    return [catcher for catcher in state.get("Catch", []) if not catcher["Next"].endswith(FAILED)]


def can_fail(state: State) -> bool:
    """Tell whether an error of the state ends the execution: the last catcher takes every error that is left."""
    return not state.get("Catch") or state["Catch"][-1]["Next"].endswith(FAILED)


def condition(expression: str) -> str:
    """A condition in words. One without a variable was decided when the machine was made."""
    text = expression.strip("{% }")
    if "$" not in text:
        return "by setting"
    for sign, words in (
        (">=", "at least"),
        (">", "more than"),
        (" = ", " is "),
        ("$", ""),
        ("'", ""),
        ("[", ""),
        ("]", ""),
    ):
        text = text.replace(sign, words)
    return text


def wait_loops(machine: Machine) -> Iterator[tuple[str, int, int | None, str]]:
    """Each wait: its seconds, how many looks are allowed, and where it leads after the last one."""
    for name, state in machine.states.items():
        if state["Type"] == "Wait":
            looks, leads_to = _limit(machine, name)
            yield name, state["Seconds"], looks, leads_to


def _limit(machine: Machine, wait: str) -> tuple[int | None, str]:
    """The choice that comes back to the wait also says when to give up."""
    for state in machine.states.values():
        if state["Type"] == "Choice" and state.get("Default") == wait:
            for rule in state["Choices"]:
                if found := AT_LEAST.search(rule["Condition"]):
                    return int(found[1]), rule["Next"]
    return None, ""
