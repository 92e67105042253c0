"""JSONata as Step Functions evaluates it: an expression without a result is an error, and null is a result."""

from collections.abc import Mapping
from typing import Any

from rehearsal.emulator.stepfunctions.expressions import Scope, is_expression

CONTEXT = {
    "Execution": {
        "Id": "arn:aws:states:eu-west-1:111122223333:execution:machine:churn-20261123201301123",
        "Name": "churn-20261123201301123",
        "StartTime": "2026-11-23T20:13:01.123Z",
        "RedriveCount": 0,
    },
    "State": {"Name": "Here", "EnteredTime": "2026-11-23T20:15:07.400Z", "RetryCount": 0},
}
RUN = "261123201301"


def evaluate(value: Any, states: Mapping[str, Any], variables: Mapping[str, Any] | None = None) -> Any:
    """A value of the definition with all its expressions evaluated."""
    data = {name: each for name, each in states.items() if name != "context"}
    return Scope(dict(states.get("context", CONTEXT)), dict(variables or {})).fill(value, "Here", **data)


def expressions(value: Any) -> list[str]:
    """Every expression anywhere in a definition, without its brackets."""
    if isinstance(value, Mapping):
        return [text for each in value.values() for text in expressions(each)]
    if isinstance(value, list):
        return [text for each in value for text in expressions(each)]
    return [value[2:-2].strip()] if is_expression(value) else []
