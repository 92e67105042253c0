"""Agreements between the keys of a model's file. Each rule yields the mistakes it finds."""

from collections.abc import Callable, Iterator
from typing import Final

from config import instance_types
from config.format_rules import format_rules, readable_values
from config.gate_rules import evaluation_rules
from config.mistakes import Mistake, short
from config.model_file import ColumnTable, ModelFile
from config.schedules import schedule_problem
from contract.model import RESERVED_NAMES
from contract.values import LARGEST_INTEGER

Rule = Callable[[ModelFile], Iterator[Mistake]]


def column_names(model: ModelFile) -> Iterator[Mistake]:
    """Every column is known by one name, and none by a name that the platform adds."""
    seen: set[str] = set()
    for column in model.columns:
        name = column.name.lower()
        if column.name != column.name.strip() or not column.name.isprintable():
            allowed = "a name without tabs, line ends and other control characters, and without spaces around it"
            yield Mistake("columns", f"has the name {short(column.name)}", allowed)
        if name in seen:
            yield Mistake(
                "columns", f"{column.name!r} stands there twice", "different names, upper and lower case alike"
            )
        if name in RESERVED_NAMES:
            yield Mistake("columns", f"name is {column.name!r}", f"any but {', '.join(sorted(RESERVED_NAMES))}")
        seen.add(name)


def column_values(model: ModelFile) -> Iterator[Mistake]:
    """Limits fit the type, and what is replaced is replaced by something allowed."""
    for column in model.columns:
        yield from _limits(column)
        yield from _allowed_values(column, model.format.missing)
        yield from readable_values(column, model)


def _limits(column: ColumnTable) -> Iterator[Mistake]:
    where = f"columns.{column.name}"
    for key, value in (("minimum", column.minimum), ("maximum", column.maximum)):
        if value is not None and abs(value) > LARGEST_INTEGER and isinstance(value, int):
            yield Mistake(f"{where}.{key}", f"is {short(value)}", "whole numbers of at most 64 bits")
        elif value is not None and column.type == "text":
            yield Mistake(f"{where}.{key}", f"is {value} on a text column", "only on integer and number columns")
        elif value is not None and column.type == "integer" and not float(value).is_integer():
            yield Mistake(f"{where}.{key}", f"is {value} on an integer column", "whole numbers")
    if column.minimum is not None and column.maximum is not None and column.minimum > column.maximum:
        yield Mistake(
            f"{where}.minimum", f"is {short(column.minimum)}", f"at most the maximum, {short(column.maximum)}"
        )


def _allowed_values(column: ColumnTable, missing: list[str]) -> Iterator[Mistake]:
    where, allowed = f"columns.{column.name}", column.allowed
    if allowed is None:
        return
    if column.type != "text":
        yield Mistake(f"{where}.allowed", f"is set on a column of type {column.type}", "only on text columns")
    for value in sorted({value for value in allowed if allowed.count(value) > 1}):
        yield Mistake(f"{where}.allowed", f"{value!r} stands there twice", "different values")
    for value in sorted(set(allowed) & set(missing)):
        yield Mistake(f"{where}.allowed", f"{value!r} is also a mark of a missing value", "others than those")
    for value in sorted({value for value in column.replacements.values() if value not in {*allowed, *missing}}):
        yield Mistake(f"{where}.replacements", f"leads to {value!r}", "one of the allowed values")


def target_rules(model: ModelFile) -> Iterator[Mistake]:
    """The target fits the problem."""
    target = next((column for column in model.columns if column.name == model.target), None)
    if target is None:
        yield Mistake("target", f"is {model.target!r}", f"one of the columns: {_names(model)}")
        return
    if target.ignored:
        yield Mistake(f"columns.{target.name}.ignored", "is true for the target", "only on other columns")
    if all(column.ignored for column in model.columns if column is not target):
        yield Mistake("columns", "are all ignored", "at least one feature besides the target")
    if model.problem == "regression":
        if target.type == "text":
            yield Mistake(f"columns.{target.name}.type", "is 'text' for the target of a regression", "integer, number")
        if model.positive is not None:
            yield Mistake("positive", f"is {model.positive!r} for a regression", "only for a binary problem")
        return
    yield from _classes(model, target)


def _classes(model: ModelFile, target: ColumnTable) -> Iterator[Mistake]:
    classes = target.allowed or []
    wanted = "exactly 2 classes" if model.problem == "binary" else "a list of at least 2 classes"
    if len(classes) < 2 or (model.problem == "binary" and len(classes) > 2):
        yield Mistake(
            f"columns.{target.name}.allowed", f"has {len(classes)} values for a {model.problem} target", wanted
        )
    if model.problem == "multiclass" and model.positive is not None:
        yield Mistake("positive", f"is {model.positive!r} for a multiclass problem", "only for a binary problem")
    if model.problem == "binary" and len(classes) == 2 and model.positive not in classes:
        said = "is missing" if model.positive is None else f"is {model.positive!r}"
        yield Mistake("positive", said, f"one of the target's classes: {', '.join(classes)}")


def split_rules(model: ModelFile) -> Iterator[Mistake]:
    """One way to a hold-out, and rows left to train on."""
    split = model.split
    if split.holdout == "official":
        if "holdout_fraction" in split.model_fields_set:
            yield Mistake("split.holdout_fraction", "is set beside holdout = 'official'", "one of the two")
    elif split.validation_fraction + split.holdout_fraction >= 1:
        together = f"{split.validation_fraction} and {split.holdout_fraction} leave no rows to train on"
        yield Mistake("split.validation_fraction, split.holdout_fraction", together, "less than 1 together")


def machine_rules(model: ModelFile) -> Iterator[Mistake]:
    """Instance types exist and can run the image; a schedule can come true."""
    example = "an x86 type without GPU that the service offers for it, such as"
    if model.training.instance_type not in instance_types.TRAINING:
        yield Mistake("training.instance_type", f"is {model.training.instance_type!r}", f"{example} ml.m5.large")
    serving = model.serving.instance_type
    if serving is not None and serving not in instance_types.SERVING:
        yield Mistake("serving.instance_type", f"is {serving!r}", f"{example} ml.t2.medium, ml.m5.large")
    if model.schedule is not None and (problem := schedule_problem(model.schedule.cron)):
        allowed = "six fields (minutes hours day-of-month month day-of-week year), such as '0 3 * * ? *'"
        yield Mistake("schedule.cron", f"is {model.schedule.cron!r}: {problem}", allowed)


def _names(model: ModelFile) -> str:
    return ", ".join(column.name for column in model.columns)


RULES: Final[tuple[Rule, ...]] = (
    format_rules,
    column_names,
    column_values,
    target_rules,
    split_rules,
    evaluation_rules,
    machine_rules,
)


def mistakes(model: ModelFile) -> list[Mistake]:
    """Everything that is wrong with a file whose single keys are right."""
    return [mistake for rule in RULES for mistake in rule(model)]
