"""The payload of a target: the event, a part of it, a constant, or a template that is filled in."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

# A whole string literal, or a placeholder where a JSON value may stand.
PIECE = re.compile(r'"(?:\\.|[^"\\])*"|<[\w.\-]+>')
PLACEHOLDER = re.compile(r"<([\w.\-]+)>")

Event = Mapping[str, Any]


def payload(target: Mapping[str, Any], event: Event, rule: Mapping[str, Any]) -> str:
    """The text that the target gets."""
    if target.get("InputTransformer"):
        return transformed(target["InputTransformer"], event, rule)
    if target.get("Input") is not None:
        return str(target["Input"])
    if target.get("InputPath"):
        found = _at(event, target["InputPath"])
        return compact(event if found is None else found)
    return compact(event)


def transformed(transformer: Mapping[str, Any], event: Event, rule: Mapping[str, Any]) -> str:
    """The template with its placeholders filled in: a path that leads nowhere gives an empty text."""
    values = {name: _at(event, path) for name, path in (transformer.get("InputPathsMap") or {}).items()}
    values = {name: "" if value is None else value for name, value in values.items()} | predefined(event, rule)
    template = str(transformer["InputTemplate"])
    if '"' not in template and not template.lstrip().startswith(("{", "[", "<")):
        return _in_text(template, values)

    def filled(found: re.Match[str]) -> str:
        piece = found[0]
        return _in_text(piece, values) if piece.startswith('"') else compact(values[piece[1:-1]])

    return PIECE.sub(filled, template)


def compact(value: Any) -> str:
    """JSON as EventBridge writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _in_text(text: str, values: Mapping[str, Any]) -> str:
    """Inside a text a value stands without quotes, and so do the texts inside an object or a list."""

    def plain(found: re.Match[str]) -> str:
        value = values[found[1]]
        return value if isinstance(value, str) else compact(value).replace('"', "")

    return PLACEHOLDER.sub(plain, text)


def predefined(event: Event, rule: Mapping[str, Any]) -> dict[str, Any]:
    """The names that every template knows. The event without its detail spells one field in another way."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    fields = ("id", "account", "detail-type", "time", "source", "region", "resources", "version")
    return {
        "aws.events.event": {("detailType" if name == "detail-type" else name): event.get(name) for name in fields},
        "aws.events.event.ingestion-time": now,
        "aws.events.event.json": dict(event),
        "aws.events.rule-arn": rule.get("Arn", ""),
        "aws.events.rule-name": rule.get("Name", ""),
    }


def _at(event: Any, path: str) -> Any:
    """The value at a path of plain steps such as $.detail.name; None if there is nothing."""
    for step in filter(None, path.removeprefix("$").split(".")):
        if not isinstance(event, Mapping) or step not in event:
            return None
        event = event[step]
    return event
