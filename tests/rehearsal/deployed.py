"""A stack as it is deployed, its intrinsic functions resolved apart from the emulator's own resolver."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rehearsal import people
from rehearsal.cloud import STAGE
from rehearsal.launcher import ACCOUNT, REGION
from tests.rehearsal.conftest import Platform

PSEUDO_PARAMETERS = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
}


@dataclass(frozen=True)
class DeployedStack:
    """The synthesized template of one stack, and what CloudFormation says of it."""

    name: str
    template: dict[str, Any]
    cloudformation: Any

    @classmethod
    def read(cls, platform: Platform, module: str) -> DeployedStack:
        name = f"mlops-{STAGE}-{module}"
        template = json.loads((platform.emulator.home / "assembly" / f"{name}.template.json").read_text())
        return cls(name, template, people.owner(platform.emulator, "cloudformation"))

    def properties_of(self, resource_type: str) -> Iterator[dict[str, Any]]:
        for resource in self.template["Resources"].values():
            if resource["Type"] == resource_type:
                yield resource["Properties"]

    def resolve(self, value: Any) -> str:
        """The text that an intrinsic function stands for."""
        if isinstance(value, str):
            return value
        [(function, argument)] = value.items()
        if function == "Fn::Join":
            return argument[0].join(self.resolve(part) for part in argument[1])
        if function == "Ref":
            return PSEUDO_PARAMETERS.get(argument) or self._physical_id(argument)
        if function == "Fn::Sub":
            return re.sub(r"\$\{([^}]+)\}", lambda found: self.resolve({"Ref": found[1]}), argument)
        if function == "Fn::GetStackOutput":
            return self._output(argument["StackName"], argument["OutputName"])
        if function == "Fn::ImportValue":
            return self._exported(argument)
        if function == "Fn::GetAtt" and self.template["Resources"][argument[0]]["Type"] == "AWS::SSM::Parameter":
            return self.resolve(self.template["Resources"][argument[0]]["Properties"]["Value"])
        if function == "Fn::FindInMap":
            mapping, first, second = argument
            return self.template["Mappings"][mapping][self.resolve(first)][self.resolve(second)]
        raise AssertionError(f"{function} in {self.name}: teach this test to resolve it")

    def _physical_id(self, logical_id: str) -> str:
        found = self.cloudformation.describe_stack_resource(StackName=self.name, LogicalResourceId=logical_id)
        return found["StackResourceDetail"]["PhysicalResourceId"]

    def _exported(self, export: str) -> str:
        pages = self.cloudformation.get_paginator("list_exports").paginate()
        return next(found["Value"] for page in pages for found in page["Exports"] if found["Name"] == export)

    def _output(self, stack_name: str, output_name: str) -> str:
        [stack] = self.cloudformation.describe_stacks(StackName=stack_name)["Stacks"]
        return next(output["OutputValue"] for output in stack["Outputs"] if output["OutputKey"] == output_name)
