"""Names for roles, where an organisation demands that they begin in one way."""

import re

import jsii
from aws_cdk import Aspects, IAspect, Token
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
        # Until it has one, the name is a token of CDK's that stands for none.
        if isinstance(node, iam.CfnRole) and (not node.role_name or Token.is_unresolved(node.role_name)):
            name_role(node, self._prefix)


def name_role(role: iam.CfnRole, prefix: str) -> None:
    """Give one role its name at once: before it is exported, since an exported id cannot change any more."""
    actor = role.node.path.split("/")[-2].removesuffix("Role")
    role.role_name = f"{prefix}{actor}"
    # Another name is another role: with another logical id, those who use it are deployed again.
    own = str(role.stack.get_logical_id(role))
    role.override_logical_id(f"{re.sub(r'[^A-Za-z0-9]', '', prefix)}{own}")
