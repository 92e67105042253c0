"""The model's data contract: of a run, from its folder; as it is deployed, from the archive of all models."""

from typing import Any

from contract.archive import contract_of
from contract.model import Contract
from lambda_src.common.storage import S3Uri, read_text


class NoContract(Exception):
    """A model that the deployed archive does not know."""


def load_contract(s3: Any, contract_uri: str) -> Contract:
    """Read the contract that a run began with."""
    return Contract.from_json(read_text(s3, S3Uri.parse(contract_uri)))


def deployed_contract(s3: Any, contracts_uri: str, model: str) -> Contract:
    """Read the contract that is deployed for a model.

    Raises:
        NoContract: if the archive has none, as between the deployments of two stacks.
    """
    uri = S3Uri.parse(contracts_uri)
    content = s3.get_object(Bucket=uri.bucket, Key=uri.key)["Body"].read()
    found = contract_of(content, model)
    if found is None:
        raise NoContract(f"{contracts_uri} holds no contract of {model}: deploy the platform again")
    return found
