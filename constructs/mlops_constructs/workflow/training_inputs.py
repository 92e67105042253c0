"""Inputs of a training job besides data: the code, the contract, and the image that runs it."""

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Aws, CfnMapping
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from mlops_constructs.statements import allow, read_assets


class TrainingInputs(Construct):
    """The training code and each model's contract in the bootstrap bucket, readable by the training role."""

    def __init__(
        self, scope: Construct, construct_id: str, *, code: Path, contracts: Mapping[str, Path], reader: iam.IRole
    ) -> None:
        super().__init__(scope, construct_id)
        archive = s3_assets.Asset(self, "Code", path=str(code))
        files = {
            model: s3_assets.Asset(self, f"{model.capitalize()}Contract", path=str(path))
            for model, path in sorted(contracts.items())
        }
        self.code_uri = archive.s3_object_url
        self.code_file = archive.s3_object_key
        self.contract_uris = {model: file.s3_object_url for model, file in files.items()}
        iam.Policy(
            self,
            "Read",
            roles=[reader],
            statements=[
                read_assets(archive, *files.values()),
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
