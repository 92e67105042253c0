"""Checks that EventBridge makes before it takes a rule's targets, and before it deletes a rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ministack.services import eventbridge

from rehearsal.emulator.event_payloads import PLACEHOLDER, predefined
from rehearsal.emulator.responses import Response, json_error

MOST_TARGETS = 5
IDENTIFIER = re.compile(r"[\.\-_A-Za-z0-9]+")
LONGEST_IDENTIFIER = 64
LONGEST_TEMPLATE = 8192
INPUTS = ("Input", "InputPath", "InputTransformer")
PREDEFINED = frozenset(predefined({}, {}))

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.eventbridge": ("_delete_rule", "_put_targets", "_rule_key", "_targets"),
}

Handler = Callable[[dict[str, Any]], Response]


def install() -> None:
    """Check before ministack, which takes every target and deletes every rule."""
    eventbridge._put_targets = _checked_targets(eventbridge._put_targets)
    eventbridge._delete_rule = _checked_deletion(eventbridge._delete_rule)


def refusal(targets: list[dict[str, Any]], present: list[dict[str, Any]]) -> tuple[str, str] | None:
    """Code and message with which PutTargets refuses the whole request, or None."""
    for number, target in enumerate(targets, 1):
        problem = _shape(number, target) or _inputs(target)
        if problem:
            return "ValidationException", problem
    identifiers = {target["Id"] for target in (*targets, *present)}
    if len(identifiers) > MOST_TARGETS:
        return "LimitExceededException", "The requested resource exceeds the maximum number allowed."
    return None


def _shape(number: int, target: Mapping[str, Any]) -> str | None:
    where = f"1 validation error detected: Value '{target['Id']}' at 'targets.{number}.member.id'"
    if len(target["Id"]) > LONGEST_IDENTIFIER:
        return (
            f"{where} failed to satisfy constraint: Member must have length less than or equal to {LONGEST_IDENTIFIER}"
        )
    if not IDENTIFIER.fullmatch(target["Id"]):
        return (
            f"{where} failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+"
        )
    template = (target.get("InputTransformer") or {}).get("InputTemplate", "")
    if len(template) > LONGEST_TEMPLATE:
        where = f"1 validation error detected: Value at 'targets.{number}.member.inputTransformer.inputTemplate'"
        return f"{where} failed to satisfy constraint: Member must have length less than or equal to {LONGEST_TEMPLATE}"
    return None


def _inputs(target: Mapping[str, Any]) -> str | None:
    if sum(target.get(name) is not None for name in INPUTS) > 1:
        return f"Only one of Input, InputPath, or InputTransformer must be provided for target {target['Id']}."
    transformer = target.get("InputTransformer") or {}
    known = {*PREDEFINED, *(transformer.get("InputPathsMap") or {})}
    for name in PLACEHOLDER.findall(transformer.get("InputTemplate", "")):
        if name not in known:
            return f"InputTemplate for target {target['Id']} contains invalid placeholder {name}."
    return None


def _present(data: Mapping[str, Any], rule: str) -> list[dict[str, Any]]:
    key = eventbridge._rule_key(str(data.get(rule)), data.get("EventBusName", "default"))
    return eventbridge._targets.get(key) or []


def _checked_targets(put: Handler) -> Handler:
    def checked(data: dict[str, Any]) -> Response:
        problem = refusal(data.get("Targets") or [], _present(data, "Rule"))
        return json_error(*problem) if problem else put(data)

    return checked


def _checked_deletion(delete: Handler) -> Handler:
    def checked(data: dict[str, Any]) -> Response:
        if _present(data, "Name"):
            return json_error("ValidationException", "Rule can't be deleted since it has targets.")
        return delete(data)

    return checked
