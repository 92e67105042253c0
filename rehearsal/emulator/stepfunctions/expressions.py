"""JSONata in a machine: templates, the reserved `$states`, and the machine's variables."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.emulator.jsonata import EngineFailed, shared_engine
from rehearsal.emulator.stepfunctions.errors import DATA_LIMIT, EvaluationError, StateError

DATA_LIMIT_BYTES = 256 * 1024
KINDS = {bool: "boolean", dict: "object", float: "number", int: "number", list: "array", str: "string"}


@dataclass
class Scope:
    """The data that an expression may read: the context object, the variables, and the state's own data."""

    context: dict[str, Any]
    variables: dict[str, Any] = field(default_factory=dict)

    def inner(self, **context: Any) -> Scope:
        """A branch's scope: it reads the outer variables, and what it assigns stays inside."""
        return Scope({**self.context, **context}, dict(self.variables))

    def fill(self, template: Any, place: str, **data: Any) -> Any:
        """The template with each `{% %}` replaced by its value. `data` holds input, result or errorOutput.

        Raises:
            EvaluationError: with the field of the first expression that has no value.
        """
        found = list(_expressions(template, place))
        if not found:
            return template
        bindings = {**self.variables, "states": {**data, "context": self.context}}
        try:
            outcomes = shared_engine().evaluate([text for text, _ in found], bindings)
        except EngineFailed as problem:
            raise _failed(*found[0], f"threw an error during evaluation. {problem}") from None
        for (text, where), outcome in zip(found, outcomes, strict=False):
            _check(text, where, outcome)
        return _filled(template, iter([_whole_numbers(outcome["value"]) for outcome in outcomes]))

    def typed(self, place: str, template: Any, kind: type, **data: Any) -> Any:
        """A field's value, which must have the type that the field asks for."""
        value = self.fill(template, place, **data)
        if type(value) is not kind:
            text = _source(template) if is_expression(template) else dumped(template)
            found = f"Expected '{KINDS[kind]}', but was '{kind_of(value)}' for value: {dumped(value)}"
            raise _failed(text, place, f"returned an unexpected result type. {found}")
        return value

    def assign(self, templates: Mapping[str, Any], **data: Any) -> dict[str, Any]:
        """The new values of the assigned variables; all are computed from the old ones."""
        values = self.fill(dict(templates), "Assign", **data)
        return {name: within_limit(value, self.context["State"]["Name"]) for name, value in values.items()}


def is_expression(value: Any) -> bool:
    """Tell whether a value of the definition is an expression and no literal."""
    return isinstance(value, str) and value.startswith("{%") and value.endswith("%}")


def compile_problem(text: str) -> str | None:
    """The reason why the expression cannot be parsed, or None."""
    return shared_engine().compile([_source(text)])[0]


def kind_of(value: Any) -> str:
    """JSON's name for the type of a value."""
    return KINDS.get(type(value), "null")


def dumped(value: Any) -> str:
    """The JSON text of a state's data."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def within_limit(value: Any, name: str) -> Any:
    """The value of a state or a task, which must fit into 256 KiB."""
    if len(dumped(value).encode("utf-8", "surrogatepass")) > DATA_LIMIT_BYTES:
        raise StateError(
            DATA_LIMIT,
            f"The state/task '{name}' returned a result with a size exceeding the maximum number of bytes service"
            " limit.",
        )
    return value


def _source(text: str) -> str:
    return text[2:-2].strip()


def _expressions(template: Any, place: str) -> Iterator[tuple[str, str]]:
    """Each expression with its field, in the order in which _filled takes the values."""
    if is_expression(template):
        yield _source(template), place
    elif isinstance(template, Mapping):
        for key, value in template.items():
            yield from _expressions(value, f"{place}/{key}")
    elif isinstance(template, list):
        for index, value in enumerate(template):
            yield from _expressions(value, f"{place}[{index}]")


def _filled(template: Any, values: Iterator[Any]) -> Any:
    if is_expression(template):
        return next(values)
    if isinstance(template, Mapping):
        return {key: _filled(value, values) for key, value in template.items()}
    if isinstance(template, list):
        return [_filled(value, values) for value in template]
    return template


def _check(text: str, place: str, outcome: Mapping[str, Any]) -> None:
    if "error" in outcome:
        raise _failed(text, place, f"threw an error during evaluation. {outcome['error']}")
    if "undefined" in outcome:
        raise _failed(text, place, "returned nothing (undefined).")
    if "unsupported" in outcome:
        raise _failed(text, place, "returned an unsupported result type.")


def _failed(text: str, place: str, what: str) -> EvaluationError:
    return EvaluationError(f"The JSONata expression '{text}' specified for the field '{place}' {what}", place)


def _whole_numbers(value: Any) -> Any:
    """JSON knows one kind of number: 1e3 is the integer 1000 for Python's types too."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, dict):
        return {key: _whole_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole_numbers(item) for item in value]
    return value
