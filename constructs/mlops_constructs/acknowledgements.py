"""Findings of cdk-nag that are accepted, each with its reason, at the construct that they are about."""

from aws_cdk import Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, finding: str, reason: str) -> None:
    """Accept one finding.

    The same as Validations.acknowledge, which also records a stack trace; with the paths of a temporary folder in it,
    no two assemblies would be alike.
    """
    construct.node.add_metadata(Validations.ACKNOWLEDGED_RULES_METADATA_KEY, {f"Annotation::{finding}": reason})
