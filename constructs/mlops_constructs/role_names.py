"""Names for roles, where an organisation demands that they begin in one way."""

import re

import jsii
from aws_cdk import Aspects, IAspect
from aws_cdk import aws_iam as iam
from constructs import IConstruct


def name_roles(scope: IConstruct, prefix: str) -> None:
    """Give every role under the scope a name: the prefix, and what the role is for."""
    Aspects.of(scope).add(_Names(prefix))  # type: ignore[arg-type]  # jsii's decorator, see statements.service


@jsii.implements(IAspect)
class _Names:
    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def visit(self, node: IConstruct) -> None:
        if not isinstance(node, iam.CfnRole):
            return
        actor = node.node.path.split("/")[-2].removesuffix("Role")
        node.role_name = f"{self._prefix}{actor}"
        # Another name is another role: with another logical id, those who use it are deployed again.
        own = str(node.stack.get_logical_id(node))
        node.override_logical_id(f"{re.sub(r'[^A-Za-z0-9]', '', self._prefix)}{own}")
