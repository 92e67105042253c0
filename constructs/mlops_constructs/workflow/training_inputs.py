"""Inputs of a run besides data: the code, the contracts, and the image that runs the code."""

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Aws, CfnMapping
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from mlops_constructs.statements import allow, read_assets


class TrainingInputs(Construct):
    """The training code and the archive of all contracts in the bootstrap bucket. Jobs read the code; a run's first
    state copies the model's contract from the archive into the run's folder, where everyone else reads it."""

    def __init__(self, scope: Construct, construct_id: str, *, code: Path, contracts: Path, reader: iam.IRole) -> None:
        super().__init__(scope, construct_id)
        archive = s3_assets.Asset(self, "Code", path=str(code))
        self.code_uri = archive.s3_object_url
        # SageMaker keeps the last part of the key.
        self.code_file = archive.s3_object_key.rpartition("/")[2]
        self.contracts_uri = s3_assets.Asset(self, "Contracts", path=str(contracts)).s3_object_url
        iam.Policy(
            self,
            "Read",
            roles=[reader],
            statements=[
                read_assets(archive),
                # SageMaker lists a channel's prefix even where it is the whole key of one object.
                allow(["s3:ListBucket"], archive.bucket.bucket_arn),
            ],
        )


def image_of_region(scope: Construct, accounts: Mapping[str, str], image: str) -> str:
    """The image's address: AWS keeps it in another account in each region."""
    table = CfnMapping(
        scope, "ImageAccounts", mapping={region: {"account": account} for region, account in sorted(accounts.items())}
    )
    account = table.find_in_map(Aws.REGION, "account")
    return f"{account}.dkr.ecr.{Aws.REGION}.{Aws.URL_SUFFIX}/{image}"
