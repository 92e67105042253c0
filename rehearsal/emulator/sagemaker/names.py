"""ARNs and names of SageMaker's objects, both ways."""

from __future__ import annotations

from rehearsal.emulator import settings

SERVICE_PRINCIPAL = "sagemaker.amazonaws.com"


def arn(kind: str, name: str) -> str:
    """The ARN; SageMaker writes names in lower case there."""
    return f"arn:aws:sagemaker:{settings.region()}:{settings.account_id()}:{kind}/{name.lower()}"


def bare(kind: str, name_or_arn: str) -> str:
    """The name in an ARN of this kind; a plain name stays as it is."""
    marker = f":{kind}/"
    return name_or_arn.split(marker, 1)[1] if name_or_arn.startswith("arn:") and marker in name_or_arn else name_or_arn
