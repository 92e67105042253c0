"""Small CloudFormation stacks for the tests, through the API."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from tests.emulator.conftest import Emulator, wait_until

SETTLE_SECONDS = 30
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"]


class StackFailed(Exception):
    """A stack did not reach the state that was asked for; the message holds the failing resources' reasons."""


@dataclass
class Stacks:
    """Makes stacks and remembers them, so that a test leaves none."""

    emulator: Emulator
    names: list[str] = field(default_factory=list)

    def create(
        self, resources: dict[str, Any], outputs: dict[str, Any] | None = None, *, name: str = "", **more: Any
    ) -> str:
        """Create a stack of these resources and wait for it; its name."""
        name = name or f"stack-{os.urandom(4).hex()}"
        self.names.append(name)
        body = _template(resources, outputs)
        self._client.create_stack(StackName=name, TemplateBody=body, Capabilities=CAPABILITIES, **more)
        self._settle(name, "CREATE_COMPLETE")
        return name

    def update(self, name: str, resources: dict[str, Any], outputs: dict[str, Any] | None = None) -> None:
        """Change the stack to these resources and wait for it."""
        body = _template(resources, outputs)
        self._client.update_stack(StackName=name, TemplateBody=body, Capabilities=CAPABILITIES)
        self._settle(name, "UPDATE_COMPLETE")

    def delete(self, name: str) -> None:
        """Delete the stack and wait for it."""
        identifier = self._client.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
        self._client.delete_stack(StackName=name)
        self._settle(identifier, "DELETE_COMPLETE")
        self.names.remove(name)

    def outputs(self, name: str) -> dict[str, str]:
        """The stack's outputs."""
        stack = self._client.describe_stacks(StackName=name)["Stacks"][0]
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def physical_id(self, name: str, logical_id: str) -> str:
        """The resource's name in its service."""
        detail = self._client.describe_stack_resource(StackName=name, LogicalResourceId=logical_id)
        return str(detail["StackResourceDetail"]["PhysicalResourceId"])

    def remove_all(self) -> None:
        """Delete what is left."""
        for name in reversed(self.names):
            self._client.delete_stack(StackName=name)

    @property
    def _client(self) -> Any:
        return self.emulator.client("cloudformation")

    def _settle(self, name: str, wanted: str) -> None:
        def status() -> str | None:
            found = str(self._client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])
            return found if not found.endswith("IN_PROGRESS") else None

        reached = wait_until(status, SETTLE_SECONDS, f"{name} to settle")
        if reached != wanted:
            events = self._client.describe_stack_events(StackName=name)["StackEvents"]
            reasons = [event.get("ResourceStatusReason", "") for event in events if "FAILED" in event["ResourceStatus"]]
            raise StackFailed(f"{reached}: {' | '.join(reasons)}")


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    """One resource of a template."""
    return {"Type": kind, "Properties": properties}


def refused(action: Callable[[], Any]) -> str:
    """The reason why a stack operation fails."""
    try:
        action()
    except (StackFailed, ClientError) as error:
        return str(error)
    raise AssertionError("the stack was accepted")


def _template(resources: dict[str, Any], outputs: dict[str, Any] | None) -> str:
    template: dict[str, Any] = {"Resources": resources}
    if outputs:
        template["Outputs"] = {key: _output(value) for key, value in outputs.items()}
    return json.dumps(template)


def _output(value: Any) -> dict[str, Any]:
    """An output from its value, or as it is where more than the value is said."""
    return value if isinstance(value, dict) and "Value" in value else {"Value": value}
