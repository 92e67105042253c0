"""JSONata in a machine: templates, the reserved `$states`, and the machine's variables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jsonata
from jsonata.utils import Utils
from ministack.services import stepfunctions

from rehearsal.emulator.stepfunctions.errors import DATA_LIMIT, QUERY, StateError

DATA_LIMIT_BYTES = 256 * 1024
EVALUATION_LIMIT_MS = 5_000
NULL = Utils.NULL_VALUE

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.stepfunctions": ("_register_sfn_jsonata_functions",),
}


@dataclass
class Scope:
    """What an expression may read: the context object, the variables, and the state's own data."""

    context: dict[str, Any]
    variables: dict[str, Any] = field(default_factory=dict)

    def inner(self, **context: Any) -> Scope:
        """A branch's scope: it reads the outer variables, and what it assigns stays inside."""
        return Scope({**self.context, **context}, dict(self.variables))

    def fill(self, template: Any, **data: Any) -> Any:
        """The template with each `{% %}` replaced by its value. `data` holds input, result or errorOutput."""
        if isinstance(template, str):
            return self._evaluate(template, data) if is_expression(template) else template
        if isinstance(template, Mapping):
            return {key: self.fill(value, **data) for key, value in template.items()}
        if isinstance(template, list):
            return [self.fill(value, **data) for value in template]
        return template

    def typed(self, name: str, template: Any, kind: type | tuple[type, ...], **data: Any) -> Any:
        """A field's value, which must have the type that the field asks for."""
        value = self.fill(template, **data)
        wrong_boolean = isinstance(value, bool) and kind is not bool
        if wrong_boolean or not isinstance(value, kind):
            raise StateError(
                QUERY,
                f"The JSONata expression for the field '{name}' returned an unexpected result type: {value!r:.200}",
            )
        return value

    def assign(self, templates: Mapping[str, Any], **data: Any) -> dict[str, Any]:
        """The new values of the assigned variables; all are computed from the old ones."""
        return {
            name: within_limit(self.fill(template, **data), f"variable {name}") for name, template in templates.items()
        }

    def _evaluate(self, text: str, data: dict[str, Any]) -> Any:
        source = text[2:-2].strip()
        states = {**data, "context": self.context}
        bindings = {name: NULL if value is None else value for name, value in self.variables.items()}
        bindings["states"] = states
        value = _run(source, bindings)
        if value is None and not _run(f"$exists(({source}))", bindings):
            raise StateError(QUERY, f"The JSONata expression '{source}' did not return a result (it is undefined)")
        return as_json(value)


def is_expression(text: str) -> bool:
    """Whether a string of the definition is an expression and no literal."""
    return text.startswith("{%") and text.endswith("%}")


def compile_problem(text: str) -> str | None:
    """Why the expression cannot be parsed, or None."""
    try:
        jsonata.Jsonata.jsonata(text[2:-2].strip())
    except Exception as problem:
        return str(problem)
    return None


def as_json(value: Any) -> Any:
    """The value in JSON's own types, whole numbers as integers: JSON knows one kind of number."""
    try:
        return _whole_numbers(json.loads(json.dumps(value)))
    except (TypeError, ValueError) as problem:
        raise StateError(QUERY, f"The JSONata result is not JSON: {problem}") from None


def dumped(value: Any) -> str:
    """The JSON text of a state's data."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def within_limit(value: Any, what: str) -> Any:
    """The value, which must fit into a state's 256 KiB."""
    size = len(dumped(value).encode())
    if size > DATA_LIMIT_BYTES:
        raise StateError(DATA_LIMIT, f"The {what} has {size} bytes: the maximum is {DATA_LIMIT_BYTES} bytes")
    return value


def _run(source: str, bindings: dict[str, Any]) -> Any:
    try:
        expression = jsonata.Jsonata.jsonata(source, timeout=EVALUATION_LIMIT_MS)
        stepfunctions._register_sfn_jsonata_functions(expression)
        return expression.evaluate(None, bindings)
    except Exception as problem:
        code = getattr(problem, "error", None)
        raise StateError(QUERY, f"{code}: {problem}" if isinstance(code, str) and code else str(problem)) from None


def _whole_numbers(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, dict):
        return {key: _whole_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole_numbers(item) for item in value]
    return value
