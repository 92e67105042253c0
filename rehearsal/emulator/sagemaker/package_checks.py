"""Checks of a model package's content that AWS makes."""

from __future__ import annotations

from rehearsal.emulator.sagemaker import container
from rehearsal.emulator.sagemaker.errors import unsupported, validation
from rehearsal.emulator.sagemaker.store import Record

METADATA_VALUE_LENGTH = 256
ENVIRONMENT_ENTRIES = 16


def check_specification(specification: Record | None) -> None:
    """One container of the image that is played, with its model data."""
    if specification is None:
        raise unsupported("model packages without InferenceSpecification")
    if len(specification["Containers"]) != 1:
        raise unsupported("model packages with several containers")
    [packed] = specification["Containers"]
    container.check_image(packed.get("Image"))
    if not packed.get("ModelDataUrl"):
        raise validation("The container of a model package needs ModelDataUrl")
    if len(packed.get("Environment") or {}) > ENVIRONMENT_ENTRIES:
        raise validation(f"The environment of a model package's container has more than {ENVIRONMENT_ENTRIES} entries")


def check_metadata(properties: dict[str, str] | None) -> None:
    """Values of a length that AWS keeps."""
    for name, value in (properties or {}).items():
        if len(value) > METADATA_VALUE_LENGTH:
            raise validation(f"The value of metadata property {name} has more than {METADATA_VALUE_LENGTH} characters")
