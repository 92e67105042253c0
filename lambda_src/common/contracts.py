"""The model's data contract, from the object that the templates name."""

from typing import Any

from contract.model import Contract
from lambda_src.common.storage import S3Uri, read_text


def load_contract(s3: Any, contract_uri: str) -> Contract:
    """Read the contract of one model."""
    return Contract.from_json(read_text(s3, S3Uri.parse(contract_uri)))
