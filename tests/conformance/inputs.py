"""Generated data for an expression: what it reads is often there, and as often of another type than it expects."""

import random
import re
from typing import Any

READS = re.compile(r"\$(\w+)\b(?!\()((?:(?:\[\d+\])?\.\w+)*)")
INDEX = re.compile(r"\[\d+\]")  # JSONata takes what is no array as an array of one
MODES = ("texts", "numbers", "lists", "anything")
TEXTS = (
    "", "churn", "2026-11-23T20:15:07.400Z", "InService", "States.TaskFailed", "s3://data/a.csv", "ä, \"quoted\"",
    '{"errorMessage":"no such column","errorType":"GateRefused"}', '{"cut off',
    '{"TrainingJobName":"a-1","FailureReason":"bad"}',
)  # fmt: skip
PLAIN: tuple[Any, ...] = (*TEXTS, 0, 1, 2, 121, -0.5, 10**9, True, False, None)


def bindings(text: str, seed: int) -> dict[str, Any]:
    """Variables and `$states` for one evaluation; they depend on the expression and the seed alone."""
    chance = random.Random(f"{seed} {text}")
    found: dict[str, Any] = {"states": {"context": _context(chance)}}
    mode = MODES[seed % len(MODES)]
    for name, path in READS.findall(text):
        keys = [name, *INDEX.sub("", path).split(".")[1:]]
        given = keys[:2] == ["states", "context"] and mode != "anything"
        if not given and chance.random() < 0.9:
            _put(found, keys, _value(chance, keys[-1], mode))
    return found


def _context(chance: random.Random) -> dict[str, Any]:
    return {
        "Execution": {
            "Id": "arn:aws:states:eu-west-1:111122223333:execution:machine:run-1",
            "Name": "run-1",
            "StartTime": "2026-11-23T20:13:01.123Z",
            "RedriveCount": chance.randint(0, 2),
        },
        "State": {"Name": "Here", "EnteredTime": "2026-11-23T20:15:07.400Z", "RetryCount": chance.randint(0, 3)},
    }


def _put(found: dict[str, Any], keys: list[str], value: Any) -> None:
    for key in keys[:-1]:
        inner = found.get(key)
        if not isinstance(inner, dict):
            inner = found[key] = {}
        found = inner
    if keys[-1] not in found or not isinstance(found[keys[-1]], dict):
        found[keys[-1]] = value


def _value(chance: random.Random, name: str, mode: str) -> Any:
    if name == "problem" and chance.random() < 0.5:
        return "regression"
    if mode == "anything":
        return _any(chance, 2)
    if mode == "numbers":
        return chance.choice((0, 1, 2, 3, 121))
    if mode == "lists" and name.endswith(("s", "List")):
        return [chance.choice(TEXTS) for _ in range(chance.randint(0, 3))]
    return TEXTS[2] if name.endswith(("_at", "Time")) else chance.choice(TEXTS)


def _any(chance: random.Random, depth: int) -> Any:
    kind = chance.random()
    if depth and kind < 0.2:
        return [_any(chance, depth - 1) for _ in range(chance.randint(0, 3))]
    if depth and kind < 0.4:
        return {chance.choice(("Name", "State", "Error", "Cause", "S")): _any(chance, depth - 1) for _ in range(2)}
    return chance.choice(PLAIN)
