"""EventBridge in small: does a pattern match an event, and what does a rule make of it."""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from rehearsal.emulator.event_payloads import payload
from tests.workflow.assembly import PREFIX, resolved, resources, template


@cache
def rules() -> dict[str, dict[str, Any]]:
    """The rules by what follows the platform's prefix in their names."""
    found = [resolved(each["Properties"], template()) for each in resources("AWS::Events::Rule").values()]
    return {rule["Name"].removeprefix(f"{PREFIX}-"): rule for rule in found}


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """All of the pattern's members must match; of a list, one value."""
    for key, wanted in pattern.items():
        if key not in event:
            return False
        if isinstance(wanted, Mapping):
            if not isinstance(event[key], Mapping) or not matches(wanted, event[key]):
                return False
        else:
            given = event[key] if isinstance(event[key], list) else [event[key]]
            if not any(_value_matches(each, value) for each in wanted for value in given):
                return False
    return True


def _value_matches(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, Mapping):
        assert set(wanted) == {"prefix"}, "this reader of patterns knows prefix only"
        return isinstance(value, str) and value.startswith(wanted["prefix"])
    return wanted == value


def message(rule: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, Any]:
    """The message that the rule's target gets."""
    return json.loads(payload(rule["Targets"][0], event, rule))
