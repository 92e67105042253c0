"""Every setting of an environment."""

import dataclasses
import typing
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import TypeAdapter

from config import settings
from config.environments import environment
from tools.documentation.markdown import code, page, section, table
from tools.documentation.schema_words import Schema, kind, limits
from tools.documentation.sources import class_documentation

STAGES = ("dev", "staging", "prod")
HEADINGS = ("Setting", "What it is", "Value", "Default", *STAGES)
Field = dataclasses.Field[Any]


def environment_page() -> str:
    """docs/reference/settings.md."""
    return page(
        "Settings of an environment",
        "config/settings.py and config/environments.py",
        "An environment is a value in [config/environments.py](../../config/environments.py), chosen with "
        "`--context stage=<stage>` (or `STAGE=` with make). A value that cannot work stops the synth with one line. "
        "A dash under a stage: the default holds. The keys of a model's file are in [model keys](model-keys.md).",
        *_sections(settings.PlatformConfig, "", {stage: environment(stage) for stage in STAGES}),
    )


def _sections(part: type[Any], path: str, values: Mapping[str, Any]) -> Iterator[str]:
    """A section for the plain fields of a class, then one for each class inside it."""
    docstring, descriptions = class_documentation(settings)[part.__name__]
    schemas: Schema = TypeAdapter(part).json_schema()["properties"]
    hints, fields = typing.get_type_hints(part), dataclasses.fields(part)
    nested = {field.name: inner for field in fields if (inner := _dataclass_in(hints[field.name]))}
    rows = [
        [
            code(field.name),
            descriptions.get(field.name, ""),
            "; ".join(words for words in (kind(schemas[field.name]), limits(schemas[field.name])) if words),
            _default(field),
            *_by_stage(field, values),
        ]
        for field in fields
        if field.name not in nested
    ]
    yield section(path or "The environment itself", docstring, table(HEADINGS, rows))
    for name, inner in nested.items():
        inside = {stage: getattr(value, name, None) for stage, value in values.items()}
        yield from _sections(inner, f"{path}.{name}".lstrip("."), inside)


def _dataclass_in(hint: Any) -> type[Any] | None:
    """The class of a nested part, also of one that may be left out."""
    candidates = [hint, *typing.get_args(hint)]
    return next((each for each in candidates if isinstance(each, type) and dataclasses.is_dataclass(each)), None)


def _default(field: Field) -> str:
    value = _default_value(field)
    return "required" if value is dataclasses.MISSING else code(repr(value))


def _default_value(field: Field) -> Any:
    return field.default_factory() if field.default_factory is not dataclasses.MISSING else field.default


def _by_stage(field: Field, values: Mapping[str, Any]) -> list[str]:
    default = _default_value(field)
    shown = [getattr(values[stage], field.name, default) for stage in STAGES]
    return ["" if value == default else code(repr(value)) for value in shown]
