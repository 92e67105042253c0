"""The statements of the synthesized templates, with resources as patterns of ARNs."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.audit.templates import POLICIES, as_list
from tests.synth import MODULES, Assembly

# What the ARN of a resource looks like, by its type: names are decided by a deployment.
ARNS = {
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:region:account:table/name",
    "AWS::ECR::Repository": "arn:aws:ecr:region:account:repository/name",
    "AWS::IAM::Role": "arn:aws:iam::account:role/name",
    "AWS::KMS::Key": "arn:aws:kms:region:account:key/name",
    "AWS::Lambda::Function": "arn:aws:lambda:region:account:function:name",
    "AWS::Logs::LogGroup": "arn:aws:logs:region:account:log-group:name:*",
    "AWS::S3::Bucket": "arn:aws:s3:::name",
    "AWS::SNS::Topic": "arn:aws:sns:region:account:name",
    "AWS::SQS::Queue": "arn:aws:sqs:region:account:name",
    "AWS::StepFunctions::StateMachine": "arn:aws:states:region:account:stateMachine:name",
}
PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::Region": "region",
    "AWS::AccountId": "account",
    "AWS::URLSuffix": "amazonaws.com",
}


@dataclass(frozen=True)
class Statement:
    """One statement; `place` is where it is written."""

    place: str
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    keys: tuple[str, ...]

    @property
    def policy(self) -> str:
        """The document that it is part of."""
        return self.place.rpartition("[")[0]


def statements(platform: Assembly) -> Iterator[Statement]:
    """Every statement of every policy about resources; what a role is trusted by has none."""
    reader = _Reader(platform)
    documents = {**POLICIES, "AWS::IAM::Policy": "PolicyDocument"}
    for resource in platform.resources(*documents):
        for index, found in enumerate(resource.properties[documents[resource.type]]["Statement"]):
            yield Statement(
                f"{platform.stage} {resource.module}.{resource.logical_id}[{index}]",
                found["Effect"],
                tuple(as_list(found["Action"])),
                tuple(reader.text(one, resource.module) for one in as_list(found["Resource"])),
                tuple(key for keys in found.get("Condition", {}).values() for key in keys),
            )


class _Reader:
    """Follows references, also into other stacks."""

    def __init__(self, platform: Assembly) -> None:
        self._templates = {module: platform.template(module) for module in MODULES}
        outputs = [(module, one) for module, each in self._templates.items() for one in each.get("Outputs", {}).items()]
        self._exports = {one["Export"]["Name"]: (one["Value"], at) for at, (_, one) in outputs if "Export" in one}
        self._outputs = {name: (one["Value"], at) for at, (name, one) in outputs}

    def text(self, value: Any, module: str) -> str:
        """The value with what only a deployment knows as `name` or `*`."""
        match value:
            case str():
                return value
            case {"Ref": name} if name in PSEUDO:
                return PSEUDO[name]
            case {"Fn::Join": [separator, parts]}:
                return separator.join(self.text(part, module) for part in parts)
            case {"Fn::Sub": str(text)}:
                return re.sub(r"\$\{[^}]*\}", "*", text)
            case {"Fn::ImportValue": str(name)}:
                return self.text(*self._exports[name])
            case {"Fn::GetStackOutput": {"OutputName": str(name)}}:
                return self.text(*self._outputs[name])
            case {"Ref": name} | {"Fn::GetAtt": [name, _]}:
                return self._of(name, self._templates[module]["Resources"].get(name, {}), value, module)
        return "*"

    def _of(self, name: str, resource: Mapping[str, Any], value: Any, module: str) -> str:
        kind = resource.get("Type", "")
        if kind == "AWS::SSM::Parameter":
            return self.text(resource["Properties"]["Value"], module)
        is_arn = value.get("Fn::GetAtt", [name, ""])[1] == "Arn" or (kind == "AWS::SNS::Topic" and "Ref" in value)
        return ARNS[kind] if is_arn else "name"
