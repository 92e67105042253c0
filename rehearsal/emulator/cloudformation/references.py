"""References between stacks: an export that is in use can neither change nor go, and lookups of outputs are throttled.

Recorded on AWS: the refusals of an update (linz/geostore#630, aws-cdk#8671), DeleteStack leaving the stack as it is
with the reason in its events (aws-cdk#604, rlister/stax#40), a name that is taken (aws-waf-security-automations#268),
a name that is missing (aws-cloudformation-templates#263), and Fn::GetStackOutput asking once for each occurrence
(aws-cdk#38010: 75 of them were throttled). ministack lets exports change and go, and refuses DeleteStack itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ministack.services import cloudformation
from ministack.services.cloudformation import engine, handlers, helpers, stacks

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.cloudformation": ("_exports", "_stacks"),
    "ministack.services.cloudformation.engine": ("_resolve_refs",),
    "ministack.services.cloudformation.handlers": (
        "_ACTION_HANDLERS",
        "_delete_stack",
        "_imported_export_names",
        "_resolve_stack",
    ),
    "ministack.services.cloudformation.helpers": ("_p", "_xml"),
    "ministack.services.cloudformation.stacks": ("_add_event", "_fail_property_validation", "_resolve_stack_outputs"),
}

# So many in one template failed in the one report there is; how many are let through is not known.
THROTTLED_LOOKUPS = 75
# Stacks that hold nothing, so that they use nothing.
EMPTY = ("DELETE_COMPLETE", "REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE")

_lookups: dict[str, int] = {}


def install() -> None:
    """Put the rules before ministack's own resolution, publication and deletion."""
    _watch_resolution()
    _watch_publication()
    handlers._ACTION_HANDLERS["DeleteStack"] = _delete_stack


def importers(export: str, exporting: str) -> list[str]:
    """The stacks that use an export, in the order of their names."""
    return sorted(
        name
        for name, stack in cloudformation._stacks.items()
        if name != exporting
        and stack.get("StackStatus") not in EMPTY
        and export in handlers._imported_export_names(stack, name)
    )


def _watch_resolution() -> None:
    stock_resolve, stock_validate = engine._resolve_refs, stacks._fail_property_validation

    def resolve(value: Any, *context: Any) -> Any:
        if isinstance(value, dict):
            if "Fn::GetStackOutput" in value and _lookups.get(context[-1], 0) >= THROTTLED_LOOKUPS:
                raise ValueError("Rate exceeded (Service: CloudFormation, Status Code: 400, Error Code: Throttling)")
            if "Fn::ImportValue" in value:
                _find(str(stock_resolve(value["Fn::ImportValue"], *context)))
        return stock_resolve(value, *context)

    def validate(stack: Any, stack_id: str, stack_name: str, resources: Any, *rest: Any, **more: Any) -> Any:
        _lookups[stack_id] = _occurrences(resources)
        return stock_validate(stack, stack_id, stack_name, resources, *rest, **more)

    # The engine resolves what is inside of a value through its own global name.
    engine._resolve_refs = resolve
    stacks._fail_property_validation = validate


def _watch_publication() -> None:
    stock_publish = stacks._resolve_stack_outputs

    def publish(*arguments: Any) -> tuple[list[dict[str, Any]], dict[str, dict[str, str]]]:
        outputs, exports = stock_publish(*arguments)
        stack_name, stack_id = arguments[-2:]
        _refuse_taken(exports, stack_id)
        before = {name: export for name, export in cloudformation._exports.items() if export["StackId"] == stack_id}
        _refuse_used(before, exports, stack_name)
        # Nothing can fail between this and the end of the update, which only adds to the table.
        for name in set(before) - set(exports):
            cloudformation._exports.pop(name)
        return outputs, exports

    stacks._resolve_stack_outputs = publish


def _find(export: str) -> None:
    if export not in cloudformation._exports:
        raise ValueError(f"No export named {export} found")


def _refuse_taken(exports: Mapping[str, Any], stack_id: str) -> None:
    for name in exports:
        owner = (cloudformation._exports.get(name) or {"StackId": stack_id})["StackId"]
        if owner != stack_id:
            raise ValueError(f"Export with name {name} is already exported by stack {owner.split('/')[1]}")


def _refuse_used(before: Mapping[str, Any], after: Mapping[str, Any], stack_name: str) -> None:
    for name, export in before.items():
        if after.get(name, {}).get("Value") == export["Value"]:
            continue
        if users := importers(name, stack_name):
            change = "updated" if name in after else "deleted"
            raise ValueError(f"Export {name} cannot be {change} as it is in use by {_listed(users)}")


def _delete_stack(params: Mapping[str, Any]) -> Any:
    """Accepted and not done: the stack keeps its status, and the reason stands in its events."""
    stack: dict[str, Any] = handlers._resolve_stack(helpers._p(params, "StackName")) or {}
    name = stack.get("StackName", "")
    for output in stack.get("Outputs", []):
        export = output.get("ExportName")
        if export and (users := importers(export, name)):
            reason = f"Export {export} cannot be deleted as it is in use by {_listed(users)}"
            stack["StackStatusReason"] = reason
            identifier, status = stack["StackId"], stack["StackStatus"]
            stacks._add_event(identifier, name, name, "AWS::CloudFormation::Stack", status, reason, identifier)
            return helpers._xml(200, "DeleteStackResponse", "")
    return handlers._delete_stack(params)


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _occurrences(value: Any) -> int:
    if isinstance(value, dict):
        return sum(map(_occurrences, value.values())) + ("Fn::GetStackOutput" in value)
    return sum(map(_occurrences, value)) if isinstance(value, list) else 0
