"""The AWS image in the account that AWS keeps it in, region by region."""

from collections.abc import Mapping

from aws_cdk import Aws, CfnMapping
from constructs import Construct


class ContainerImage(Construct):
    """An image whose account depends on the region that the stack is deployed to."""

    def __init__(self, scope: Construct, construct_id: str, *, accounts: Mapping[str, str], repository: str) -> None:
        super().__init__(scope, construct_id)
        table = CfnMapping(
            self, "Accounts", mapping={region: {"account": account} for region, account in accounts.items()}
        )
        account = table.find_in_map(Aws.REGION, "account")
        self.repository_arn = f"arn:{Aws.PARTITION}:ecr:{Aws.REGION}:{account}:repository/{repository}"
