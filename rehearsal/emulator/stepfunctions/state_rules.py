"""Checks of a single state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.emulator.stepfunctions import resources, shapes
from rehearsal.emulator.stepfunctions.error_handlers import retry_and_catch_problems
from rehearsal.emulator.stepfunctions.expressions import is_expression

SCHEMA = "SCHEMA_VALIDATION_FAILED"
TRANSITION = "MISSING_TRANSITION_TARGET"
JSONPATH_FIELDS = frozenset(
    (
        "CausePath",
        "ErrorPath",
        "HeartbeatSecondsPath",
        "InputPath",
        "ItemsPath",
        "MaxConcurrencyPath",
        "OutputPath",
        "Parameters",
        "Result",
        "ResultPath",
        "ResultSelector",
        "SecondsPath",
        "TimeoutSecondsPath",
        "TimestampPath",
        "Variable",
    )
)
COMMON = {"Type", "Comment", "QueryLanguage"}
LEADING_ON = {"Next", "End", "Output", "Assign"}
FIELDS: dict[str, set[str]] = {
    "Choice": {"Choices", "Default", "Output", "Assign"},
    "Fail": {"Error", "Cause"},
    "Map": {"Items", "ItemSelector", "ItemProcessor", "MaxConcurrency", "Retry", "Catch", *LEADING_ON},
    "Parallel": {"Branches", "Arguments", "Retry", "Catch", *LEADING_ON},
    "Pass": LEADING_ON,
    "Succeed": {"Output"},
    "Task": {"Resource", "Arguments", "TimeoutSeconds", "Retry", "Catch", *LEADING_ON},
    "Wait": {"Seconds", "Timestamp", *LEADING_ON},
}
NEEDED = {
    "Choice": {"Choices"},
    "Map": {"ItemProcessor"},
    "Parallel": {"Branches"},
    "Task": {"Resource"},
}
RULE_NEEDED = {"Condition", "Next"}
RULE_FIELDS = {*RULE_NEEDED, "Assign", "Comment", "Output"}
NAME_LIMIT = 80
Problem = tuple[str, str, str]


def state_problems(name: str, state: Any, states: Mapping[str, Any], place: str) -> Iterator[Problem]:
    """Code, message and place of everything that is wrong with the state, without its branches."""
    kind = state.get("Type") if isinstance(state, dict) else None
    if kind not in FIELDS:
        yield SCHEMA, f"State type {kind!r} is not known", f"{place}/Type"
        return
    if len(name) > NAME_LIMIT:
        yield SCHEMA, f"The state's name is longer than {NAME_LIMIT} characters", place
    if state.get("QueryLanguage", "JSONata") != "JSONata":
        yield SCHEMA, "A JSONata machine cannot hold JSONPath states", f"{place}/QueryLanguage"
    for field in sorted(state.keys() - COMMON - FIELDS[kind]):
        reason = "does not support the field" if field in JSONPATH_FIELDS else "has no field (here)"
        yield SCHEMA, f"The QueryLanguage 'JSONata' {reason} '{field}' for the type {kind}", f"{place}/{field}"
    for field in sorted(NEEDED.get(kind, set()) - state.keys()):
        yield SCHEMA, f"The field '{field}' is required but was missing", place
    yield from _transitions(kind, state, states, place)
    yield from _contents(kind, state, place)


def targets(state: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The names of the states that may follow, each with the field that says so."""
    for field in ("Next", "Default"):
        if field in state:
            yield state[field], f"/{field}"
    for field in ("Choices", "Catch"):
        for index, entry in enumerate(state.get(field, [])):
            if "Next" in entry:
                yield entry["Next"], f"/{field}/{index}/Next"


def _transitions(kind: str, state: Mapping[str, Any], states: Mapping[str, Any], place: str) -> Iterator[Problem]:
    for target, where in targets(state):
        if target not in states:
            yield TRANSITION, f"Missing 'Next' target: {target}", f"{place}{where}"
    if kind in ("Choice", "Fail", "Succeed"):
        return
    if ("Next" in state) == (state.get("End") is True):
        yield SCHEMA, "A state needs either 'Next' or 'End': true", place


def _contents(kind: str, state: Mapping[str, Any], place: str) -> Iterator[Problem]:
    if kind == "Task" and "Resource" in state:
        yield from _task(state, place)
    if kind == "Wait" and ("Seconds" in state) == ("Timestamp" in state):
        yield SCHEMA, "A Wait state needs exactly one of 'Seconds' and 'Timestamp'", place
    for index, rule in enumerate(state.get("Choices") or [{}] if kind == "Choice" else []):
        wrong = (RULE_NEEDED - rule.keys()) | (rule.keys() - RULE_FIELDS)
        if wrong:
            yield SCHEMA, f"A rule has Condition and Next; wrong: {sorted(wrong)}", f"{place}/Choices/{index}"
    for message, where in retry_and_catch_problems(state):
        yield SCHEMA, message, f"{place}{where}"
    for name in state.get("Assign", {}):
        if not name.isidentifier() or name == "states" or len(name) > NAME_LIMIT:
            yield SCHEMA, f"'{name}' is no variable name", f"{place}/Assign"


def _task(state: Mapping[str, Any], place: str) -> Iterator[Problem]:
    try:
        integration = resources.parse(str(state["Resource"]))
    except resources.UnknownResource as problem:
        yield SCHEMA, str(problem), f"{place}/Resource"
        return
    for message in shapes.wrong_fields(integration, state.get("Arguments")):
        yield SCHEMA, message, f"{place}/Arguments"
    seconds = state.get("TimeoutSeconds", 1)
    wrong_text = isinstance(seconds, str) and not is_expression(seconds)
    if wrong_text or (not isinstance(seconds, str) and (not isinstance(seconds, int) or seconds < 1)):
        yield SCHEMA, "Value must be a whole number greater than 0", f"{place}/TimeoutSeconds"
