"""References between stacks behave as recorded on AWS; the recordings are named in the emulator's module."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rehearsal.emulator.cloudformation.references import THROTTLED_LOOKUPS
from tests.emulator.conftest import Emulator
from tests.emulator.stacks import Stacks, refused, resource


@pytest.fixture
def stacks(emulator: Emulator) -> Iterator[Stacks]:
    made = Stacks(emulator)
    yield made
    made.remove_all()


def _parameter(value: Any) -> dict[str, Any]:
    return resource("AWS::SSM::Parameter", Type="String", Value=value)


def _pair(stacks: Stacks, export: str) -> tuple[str, str]:
    """A stack that exports a value, and one that uses it."""
    producer = stacks.create({"Kept": _parameter("one")}, _exported(export))
    return producer, stacks.create({"User": _parameter({"Fn::ImportValue": export})})


def _exported(name: str, attribute: str = "Value") -> dict[str, Any]:
    return {"Out": {"Value": {"Fn::GetAtt": ["Kept", attribute]}, "Export": {"Name": name}}}


def test_an_export_in_use_cannot_change_and_the_update_is_rolled_back(stacks: Stacks, emulator: Emulator) -> None:
    producer, consumer = _pair(stacks, "changes")

    reason = refused(lambda: stacks.update(producer, {"Kept": _parameter("two")}, _exported("changes")))

    assert f"UPDATE_ROLLBACK_COMPLETE: Export changes cannot be updated as it is in use by {consumer}" in reason
    assert stacks.outputs(producer) == {"Out": "one"}
    assert _exports(emulator)["changes"] == "one"


def test_an_export_in_use_cannot_go(stacks: Stacks, emulator: Emulator) -> None:
    producer, consumer = _pair(stacks, "goes")

    reason = refused(lambda: stacks.update(producer, {"Kept": _parameter("one")}))

    assert f"UPDATE_ROLLBACK_COMPLETE: Export goes cannot be deleted as it is in use by {consumer}" in reason
    assert _exports(emulator)["goes"] == "one"


def test_an_export_that_nobody_uses_changes_and_goes(stacks: Stacks, emulator: Emulator) -> None:
    producer, consumer = _pair(stacks, "free")
    stacks.delete(consumer)

    stacks.update(producer, {"Kept": _parameter("two")}, _exported("free"))
    assert _exports(emulator)["free"] == "two"

    stacks.update(producer, {"Kept": _parameter("two")})
    assert "free" not in _exports(emulator)


def test_a_stack_whose_export_is_used_is_not_deleted_and_says_by_whom(stacks: Stacks, emulator: Emulator) -> None:
    producer, first = _pair(stacks, "shared")
    second = stacks.create({"User": _parameter({"Fn::ImportValue": "shared"})})
    cloudformation, users = emulator.client("cloudformation"), " and ".join(sorted([first, second]))

    cloudformation.delete_stack(StackName=producer)

    [stack] = cloudformation.describe_stacks(StackName=producer)["Stacks"]
    newest = cloudformation.describe_stack_events(StackName=producer)["StackEvents"][0]
    reason = f"Export shared cannot be deleted as it is in use by {users}"
    assert (stack["StackStatus"], stack["StackStatusReason"]) == ("CREATE_COMPLETE", reason)
    assert (newest["ResourceStatus"], newest["ResourceStatusReason"]) == ("CREATE_COMPLETE", reason)
    assert sorted(cloudformation.list_imports(ExportName="shared")["Imports"]) == sorted([first, second])
    for consumer in (first, second):
        stacks.delete(consumer)
    stacks.delete(producer)


def test_a_name_is_exported_once_and_a_missing_name_is_refused(stacks: Stacks) -> None:
    producer, _ = _pair(stacks, "once")

    taken = refused(lambda: stacks.create({"Kept": _parameter("two")}, _exported("once")))
    missing = refused(lambda: stacks.create({"User": _parameter({"Fn::ImportValue": "never"})}))

    assert f"Export with name once is already exported by stack {producer}" in taken
    assert "No export named never found" in missing


def test_an_output_that_is_only_looked_up_holds_nothing(stacks: Stacks, emulator: Emulator) -> None:
    producer = stacks.create({"Kept": _parameter("one")}, {"Out": {"Fn::GetAtt": ["Kept", "Value"]}})
    looked_up = {"Fn::GetStackOutput": {"StackName": producer, "OutputName": "Out"}}
    consumer = stacks.create({"User": _parameter(looked_up)})
    held = stacks.physical_id(consumer, "User")

    stacks.update(producer, {"Kept": _parameter("two")}, {"Out": {"Fn::GetAtt": ["Kept", "Value"]}})
    ssm = emulator.client("ssm")
    assert ssm.get_parameter(Name=held)["Parameter"]["Value"] == "one"

    stacks.update(consumer, {"User": _parameter(looked_up), "More": _parameter("more")})
    assert ssm.get_parameter(Name=held)["Parameter"]["Value"] == "two"
    stacks.delete(producer)


@pytest.mark.parametrize("lookups", [THROTTLED_LOOKUPS, THROTTLED_LOOKUPS - 1])
def test_lookups_are_counted_by_occurrence_and_throttled(stacks: Stacks, lookups: int) -> None:
    producer = stacks.create({"Kept": _parameter("one")}, {"Out": {"Fn::GetAtt": ["Kept", "Value"]}})
    looked_up = {"Fn::GetStackOutput": {"StackName": producer, "OutputName": "Out"}}
    user = {"User": _parameter({"Fn::Join": ["", [looked_up] * lookups]})}

    if lookups < THROTTLED_LOOKUPS:
        stacks.create(user)
    else:
        assert "Rate exceeded" in refused(lambda: stacks.create(user))


def _exports(emulator: Emulator) -> dict[str, str]:
    listed = emulator.client("cloudformation").list_exports()["Exports"]
    return {export["Name"]: export["Value"] for export in listed}
