"""JSONata as Step Functions evaluates it: an expression without a result is an error, and null is a result."""

from collections.abc import Mapping
from typing import Any

import jsonata
from jsonata.utils import Utils

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


def is_expression(value: Any) -> bool:
    """Whether Step Functions would evaluate it."""
    return isinstance(value, str) and value.startswith("{%") and value.endswith("%}")


def evaluate(value: Any, states: Mapping[str, Any], variables: Mapping[str, Any] | None = None) -> Any:
    """A value of the definition with all its expressions evaluated."""
    if isinstance(value, Mapping):
        return {key: evaluate(each, states, variables) for key, each in value.items()}
    if isinstance(value, list):
        return [evaluate(each, states, variables) for each in value]
    if not is_expression(value):
        return value
    text = value[2:-2].strip()
    bindings = {name: Utils.NULL_VALUE if each is None else each for name, each in (variables or {}).items()}
    bindings["states"] = {"context": CONTEXT, **states}
    result = jsonata.Jsonata.jsonata(_with_parse(text)).evaluate(None, bindings)
    if result is None and not jsonata.Jsonata.jsonata(f"$exists({text})").evaluate(None, bindings):
        raise AssertionError(f"no result: {text}")
    return result


def _with_parse(text: str) -> str:
    """Step Functions has $parse where JSONata has $eval, which reads the same JSON."""
    return text.replace("$parse(", "$eval(")


def expressions(value: Any) -> list[str]:
    """Every expression anywhere in a definition, without its brackets."""
    if isinstance(value, Mapping):
        return [text for each in value.values() for text in expressions(each)]
    if isinstance(value, list):
        return [text for each in value for text in expressions(each)]
    return [value[2:-2].strip()] if is_expression(value) else []
