"""The values of played members that are played: a value that is not here is refused, never taken for another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rehearsal.emulator.sagemaker.errors import unsupported

# Values that AWS has and the rehearsal has not: operation -> path -> the values it plays.
VALUES: dict[str, dict[str, tuple[Any, ...]]] = {
    "CreateTrainingJob": {
        "AlgorithmSpecification.TrainingInputMode": ("File",),
        "EnableManagedSpotTraining": (False,),
        "EnableInterContainerTrafficEncryption": (False, True),
        "InputDataConfig.InputMode": ("File",),
        "InputDataConfig.CompressionType": ("None",),
        "InputDataConfig.RecordWrapperType": ("None",),
        "InputDataConfig.DataSource.S3DataSource.S3DataType": ("S3Prefix", "ManifestFile"),
        "InputDataConfig.DataSource.S3DataSource.S3DataDistributionType": ("FullyReplicated",),
        "OutputDataConfig.CompressionType": ("GZIP",),
        "ResourceConfig.InstanceCount": (1,),
    },
    "CreateTransformJob": {
        "TransformInput.CompressionType": ("None",),
        "TransformInput.SplitType": ("None", "Line"),
        "TransformInput.DataSource.S3DataSource.S3DataType": ("S3Prefix", "ManifestFile"),
        "TransformResources.InstanceCount": (1,),
    },
    "CreateModel": {"PrimaryContainer.Mode": ("SingleModel",), "Containers.Mode": ("SingleModel",)},
    "CreateModelPackage": {"CertifyForMarketplace": (False,)},
    "CreateDomain": {"AuthMode": ("IAM",)},
}


def check(operation: str, parameters: Mapping[str, Any]) -> None:
    """Refuse a value that the rehearsal does not play."""
    for path, played in VALUES.get(operation, {}).items():
        for value in values_at(parameters, path.split(".")):
            if value not in played:
                raise unsupported(f"{path} {value!r} of {operation} (only {', '.join(map(str, played))})")


def values_at(value: Any, path: list[str]) -> list[Any]:
    """All values at a path; lists on the way are gone through."""
    if isinstance(value, list):
        return [found for item in value for found in values_at(item, path)]
    if not path:
        return [] if value is None else [value]
    return values_at(value.get(path[0]), path[1:]) if isinstance(value, Mapping) else []
