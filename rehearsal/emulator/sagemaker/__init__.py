"""SageMaker in the emulator: jobs, models, registry, endpoints, Studio's objects, and the runtime.

Jobs and endpoints are real processes in the image's Python environment, started with the job's or the model's role.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.app": ("SERVICE_HANDLERS",),
    "ministack.core.iam_actions": ("SERVICE_TO_IAM_NAMESPACE", "extract_iam_action", "extract_resource_arn"),
    "ministack.core.router": ("SERVICE_PATTERNS",),
}


def install() -> None:
    """Add SageMaker, its runtime and Application Auto Scaling to ministack's services."""
    from rehearsal.emulator.sagemaker import attach

    attach.install()


def call(operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Perform an operation from inside the emulator (CloudFormation's types). Raises errors.ServiceError."""
    from rehearsal.emulator.sagemaker import dispatch

    return dispatch.call(operation, parameters)
