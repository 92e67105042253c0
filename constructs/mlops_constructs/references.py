"""References between stacks (ADR 11): what is never replaced is held, the rest is looked up.

An export that is in use can neither change nor go, so only what is never replaced may be one. It stands whether it is
used or not: an export that went with its last user would be refused while that user is not yet updated.
Everything else is looked up while the user is deployed, and once in each stack: CloudFormation asks for each
occurrence, and its quota is about one question a second (aws-cdk#38010).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from aws_cdk import CfnOutput, CfnResource, CrossStackReferences, Fn, ReferenceStrength, Stack
from aws_cdk import aws_ssm as ssm
from constructs import Construct, IConstruct


@dataclass(frozen=True)
class Kept:
    """Attributes of a kind of resource that other stacks may hold, and why it is never replaced."""

    attributes: tuple[str, ...]
    why: str


REF: Final = "Ref"
KEPT: Final = {
    "AWS::EC2::VPC": Kept((REF,), "a Studio domain can never leave its VPC, nor a security group"),
    "AWS::EC2::Subnet": Kept((REF,), "interfaces of functions, jobs and Studio stand in it"),
    "AWS::EC2::SecurityGroup": Kept(("GroupId",), "interfaces that are in use carry it"),
    "AWS::S3::Bucket": Kept((REF, "Arn"), "holds what cannot be made again"),
    "AWS::KMS::Key": Kept(("Arn",), "everything that was written can be read with this key only"),
    "AWS::DynamoDB::Table": Kept((REF, "Arn"), "remembers which files were accepted"),
    "AWS::ECR::Repository": Kept((REF, "Arn"), "holds images"),
    "AWS::IAM::Role": Kept((REF,), "permissions of several stacks hang on it, and running jobs work under it"),
    # The one function that is held. All others come and go.
    "AWS::Lambda::Function": Kept((REF, "Arn"), "serves a custom resource, whose service token can never change"),
}


def hold(*constructs: IConstruct) -> None:
    """Make these strong for every other stack, and export what others may hold of them."""
    for construct in constructs:
        resource = construct if isinstance(construct, CfnResource) else construct.node.default_child
        assert isinstance(resource, CfnResource), f"{construct.node.path} is no resource"
        CrossStackReferences.of(resource).produce(ReferenceStrength.STRONG)
        for attribute in KEPT[resource.cfn_resource_type].attributes:
            Stack.of(resource).export_value(resource.ref if attribute == REF else resource.get_att(attribute))


def hand_on(stack: Stack, name: str, value: str) -> str:
    """Export a held value once more under this stack's name, for stacks to which no arrow leads from its origin."""
    export = f"{stack.stack_name}:{name}"
    CfnOutput(stack, name, value=value, export_name=export)
    # The linter warns of an output that is an import (W6001), which is what handing on means.
    stack.add_metadata("cfn-lint", {"config": {"ignore_checks": ["W6001"]}})
    return Fn.import_value(export)


def look_up_once(scope: Construct, construct_id: str, values: Mapping[str, str]) -> dict[str, str]:
    """Values that are looked up, for use in many places of one stack: parameters keep them, and hand them on."""
    kept = Construct(scope, construct_id)
    return {
        name: ssm.CfnParameter(
            kept, "".join(part.capitalize() for part in name.split("_")), type="String", value=value
        ).attr_value
        for name, value in values.items()
    }
