"""The archive of all models' contracts, as the platform deploys it: one file, <model>.json, for each."""

import io
import zipfile

from contract.model import Contract


def contract_of(archive: bytes, model: str) -> Contract | None:
    """The contract of one model; None if the archive holds none of it."""
    with zipfile.ZipFile(io.BytesIO(archive)) as files:
        try:
            return Contract.from_json(files.read(f"{model}.json").decode("utf-8"))
        except KeyError:
            return None
