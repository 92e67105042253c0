"""The contract that a version was trained with, from its own archive: every other copy may have changed since."""

import tarfile
from typing import Any

from contract.model import Contract
from lambda_src.common.storage import S3Uri

CONTRACT = "contract.json"
# Ours have some kilobytes. An archive is made by people too, and its contract is read into memory.
MAXIMUM_BYTES = 5_000_000


class NoContract(Exception):
    """An archive that holds no contract, or none of ours, was not made by the platform's training."""


def contract_of(s3: Any, model_uri: str) -> Contract:
    """Read the model archive up to its contract."""
    uri = S3Uri.parse(model_uri)
    body = s3.get_object(Bucket=uri.bucket, Key=uri.key)["Body"]
    with tarfile.open(fileobj=body, mode="r|gz") as archive:
        for entry in archive:
            content = archive.extractfile(entry) if entry.name.removeprefix("./") == CONTRACT else None
            if content is not None:
                if entry.size > MAXIMUM_BYTES:
                    raise NoContract(
                        f"{CONTRACT} in {model_uri} has {entry.size} bytes, at most {MAXIMUM_BYTES} are read: register"
                        " a version that the training machine made"
                    )
                return Contract.from_json(content.read().decode("utf-8"))
    raise NoContract(f"there is no {CONTRACT} in {model_uri}: register a version that the training machine made")
