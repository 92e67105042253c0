"""Templates and requests that CloudFormation refuses before a stack exists, and changes that only a condition makes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import changesets, engine, handlers

from rehearsal.emulator.cloudformation.template_functions import check_functions, check_selections
from rehearsal.emulator.cloudformation.template_resolution import check_active, check_references
from rehearsal.emulator.cloudformation.template_shape import Template, TemplateRefused, check_shape

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.cloudformation": ("_change_sets",),
    "ministack.services.cloudformation.changesets": (
        "_resolve_parameters",
        "_resolve_props_for_diff",
        "validate_template_support",
    ),
    "ministack.services.cloudformation.engine": ("_TransformFailed", "_evaluate_conditions"),
    "ministack.services.cloudformation.handlers": (
        "_ACTION_HANDLERS",
        "_resolve_parameters",
        "validate_template_support",
    ),
}
EXECUTED = ("EXECUTE_COMPLETE", "EXECUTE_FAILED")
CHECKED_SECTIONS = ("Resources", "Outputs", "Conditions", "Rules")


def install() -> None:
    """Put the checks before parameters are resolved and before types are looked up, for every kind of request."""
    for module in (handlers, changesets):
        _guard_parameters(module)
        _guard_support(module)
    _leave_out_inactive()
    _forget_executed()


def check_template(template: Template) -> None:
    """Refuse what no parameter value could mend."""
    check_shape(template)
    for section in CHECKED_SECTIONS:
        check_functions(template.get(section) or {})
    check_references(template)


def check_parameters(template: Template, given: Sequence[Mapping[str, Any]]) -> None:
    """Refuse values for parameters that the template does not declare, and declared ones without a value."""
    declared = template.get("Parameters") or {}
    named = [str(parameter["Key"]) for parameter in given if "Key" in parameter]
    if named and not declared:
        raise TemplateRefused("Parameter values specified for a template which does not require them.")
    unknown = [name for name in named if name not in declared]
    if unknown:
        raise TemplateRefused(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    missing = [name for name, definition in declared.items() if "Default" not in definition and name not in named]
    if missing:
        raise TemplateRefused(f"Parameters: [{', '.join(missing)}] must have values")


def _guard_parameters(module: Any) -> None:
    resolve = module._resolve_parameters

    def resolved(template: dict[str, Any], given: list[dict[str, Any]], *more: Any) -> Any:
        if not isinstance(template, engine._TransformFailed):
            check_template(template)
            check_parameters(template, given)
        return resolve(template, given, *more)

    module._resolve_parameters = resolved


def _guard_support(module: Any) -> None:
    """The second check knows what the conditions come to. ValidateTemplate has no values, so it does the first here."""
    supported = module.validate_template_support

    def checked(template: dict[str, Any], conditions: dict[str, bool], params: dict[str, Any] | None = None) -> None:
        if isinstance(template, engine._TransformFailed):
            return supported(template, conditions, params=params)
        if params is None:
            check_template(template)
        supported(template, conditions, params=params)
        active = check_active(template, conditions if params is not None else None)
        check_selections(active, params or {})
        return None

    module.validate_template_support = checked


def _leave_out_inactive() -> None:
    """A change set compares what the conditions leave: a resource that they add or take away is one of its changes."""
    stock = changesets._resolve_props_for_diff

    def resolved(template: dict[str, Any], params: dict[str, Any], *more: Any) -> dict[str, Any]:
        found: dict[str, Any] = stock(template, params, *more)
        conditions = engine._evaluate_conditions(template, params) if template else {}
        kept = {
            name: definition
            for name, definition in found.get("Resources", {}).items()
            if conditions.get(definition.get("Condition"), True)
        }
        return {**found, "Resources": kept} if found else found

    changesets._resolve_props_for_diff = resolved


def _forget_executed() -> None:
    """The name of a change set is free again once it was executed."""
    create = handlers._ACTION_HANDLERS["CreateChangeSet"]

    def created(params: dict[str, Any]) -> Any:
        wanted = (_first(params, "ChangeSetName"), _first(params, "StackName"))
        for identifier, known in list(cloudformation._change_sets.items()):
            stack = (known["StackName"], known["StackId"])
            if known["ChangeSetName"] == wanted[0] and wanted[1] in stack and known["ExecutionStatus"] in EXECUTED:
                cloudformation._change_sets.pop(identifier, None)
        return create(params)

    handlers._ACTION_HANDLERS["CreateChangeSet"] = created


def _first(params: Mapping[str, Any], name: str) -> str:
    value = params.get(name) or [""]
    return str(value[0] if isinstance(value, list) else value)
