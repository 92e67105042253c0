"""Approval of model packages: which ways are open, and the events that tell of it."""

from __future__ import annotations

from datetime import UTC, datetime

from rehearsal.emulator.sagemaker import events
from rehearsal.emulator.sagemaker.errors import validation
from rehearsal.emulator.sagemaker.store import Record

DETAIL_TYPE = "SageMaker Model Package State Change"

# SageMaker may send several events for one change. Here every approval comes twice, so that nobody relies on one.
DELIVERIES = 2

TRANSITIONS = {
    "PendingManualApproval": ("Approved", "Rejected"),
    "Approved": ("Rejected",),
    "Rejected": ("Approved",),
}
TOLD = (
    "ModelPackageGroupName",
    "ModelPackageVersion",
    "ModelPackageArn",
    "ModelPackageDescription",
    "CreationTime",
    "InferenceSpecification",
    "ModelPackageStatus",
    "ModelPackageStatusDetails",
    "ModelApprovalStatus",
    "MetadataProperties",
    "ModelMetrics",
    "CustomerMetadataProperties",
    "ModelLifeCycle",
    "LastModifiedTime",
)


def check_transition(package: Record, wanted: str) -> None:
    """Refuse a way that AWS does not list. The same status again changes nothing and is let through."""
    present = package["ModelApprovalStatus"]
    if wanted != present and wanted not in TRANSITIONS[present]:
        raise validation(
            f"The approval status of {package['ModelPackageArn']} cannot change from {present} to {wanted}."
        )


def tell(package: Record, *, changed: tuple[str, ...], times: int = 1) -> None:
    """Send the package's event, which goes out on creation and on every update; only updates name the fields.

    Its times are ISO 8601 in whole seconds, as in the sample of SageMaker's guide (Automating Amazon SageMaker AI with
    Amazon EventBridge, Model package state change); events of endpoints carry milliseconds instead.
    """
    detail = {name: _text(package.get(name)) if name.endswith("Time") else package.get(name) for name in TOLD}
    if changed:
        detail["UpdatedModelPackageFields"] = list(changed)
    events.send(DETAIL_TYPE, package["ModelPackageArn"], detail, times=times)


def _text(time: float | None) -> str | None:
    return None if time is None else datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
