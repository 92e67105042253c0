"""Checks of CreateStateMachine, before anything runs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.emulator.stepfunctions.errors import Refused
from rehearsal.emulator.stepfunctions.expressions import compile_problem, is_expression
from rehearsal.emulator.stepfunctions.state_rules import SCHEMA, TRANSITION, Problem, state_problems, targets

JSONATA = "INVALID_JSONATA_EXPRESSION"
TOP_FIELDS = {"Comment", "QueryLanguage", "StartAt", "States", "TimeoutSeconds", "Version"}


def check(text: str) -> dict[str, Any]:
    """The parsed definition.

    Raises:
        Refused: with everything that is wrong with it, as Step Functions lists it.
    """
    try:
        definition = json.loads(text)
    except ValueError as problem:
        raise Refused(
            "InvalidDefinition", f"Invalid State Machine Definition: 'INVALID_JSON_DESCRIPTION: {problem}'"
        ) from None
    found = list(problems(definition))
    if found:
        shown = ", ".join(f"{code}: {message} at {place}" for code, message, place in found)
        raise Refused("InvalidDefinition", f"Invalid State Machine Definition: '{shown}'")
    return definition


def problems(definition: Any) -> Iterator[Problem]:
    """Everything that is wrong, with its place."""
    if not isinstance(definition, dict):
        yield SCHEMA, "The definition must be an object", "/"
        return
    if definition.get("QueryLanguage") != "JSONata":
        yield SCHEMA, "this rehearsal runs JSONata machines: QueryLanguage must be JSONata", "/QueryLanguage"
        return
    for field in definition.keys() - TOP_FIELDS:
        yield SCHEMA, f"Field '{field}' is not supported", f"/{field}"
    seconds = definition.get("TimeoutSeconds", 1)
    if not isinstance(seconds, int) or isinstance(seconds, bool) or seconds < 1:
        yield SCHEMA, "Value must be a whole number greater than 0", "/TimeoutSeconds"
    yield from _graph(definition, "")
    yield from _expressions(definition, "")


def tasks_in(graph: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Every Task state of a valid definition, also those in branches."""
    for state in graph["States"].values():
        if state["Type"] == "Task":
            yield state
        for inner in (*state.get("Branches", []), *([state["ItemProcessor"]] if "ItemProcessor" in state else [])):
            yield from tasks_in(inner)


def _graph(graph: Any, place: str) -> Iterator[Problem]:
    states = graph.get("States") if isinstance(graph, dict) else None
    if not isinstance(states, dict) or not states:
        yield SCHEMA, "The field 'States' is required and must hold states", f"{place}/States"
        return
    if graph.get("StartAt") not in states:
        yield TRANSITION, f"Missing 'StartAt' target: {graph.get('StartAt')}", f"{place}/StartAt"
        return
    for name, state in states.items():
        yield from state_problems(name, state, states, f"{place}/States/{name}")
        yield from _inner_graphs(state, f"{place}/States/{name}")
    for name in states.keys() - _reachable(graph):
        yield TRANSITION, f'State "{name}" is not reachable.', f"{place}/States/{name}"


def _inner_graphs(state: Any, place: str) -> Iterator[Problem]:
    if not isinstance(state, dict):
        return
    for index, branch in enumerate(state.get("Branches", [])):
        yield from _graph(branch, f"{place}/Branches/{index}")
    if "ItemProcessor" in state:
        processor = state["ItemProcessor"]
        if (processor.get("ProcessorConfig") or {}).get("Mode", "INLINE") != "INLINE":
            yield SCHEMA, "this rehearsal runs inline Map states only", f"{place}/ItemProcessor/ProcessorConfig"
        yield from _graph(processor, f"{place}/ItemProcessor")


def _reachable(graph: Mapping[str, Any]) -> set[str]:
    seen: set[str] = set()
    waiting = [graph["StartAt"]]
    while waiting:
        name = waiting.pop()
        if name in seen or name not in graph["States"]:
            continue
        seen.add(name)
        state = graph["States"][name]
        waiting += [target for target, _ in targets(state)] if isinstance(state, dict) else []
    return seen


def _expressions(node: Any, place: str) -> Iterator[Problem]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield from _expressions(value, f"{place}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _expressions(value, f"{place}/{index}")
    elif is_expression(node):
        problem = compile_problem(node)
        if problem:
            yield JSONATA, problem, place
    elif isinstance(node, str) and (node.startswith("{%") or node.endswith("%}")):
        yield JSONATA, "An expression starts with '{%' and ends with '%}'", place
