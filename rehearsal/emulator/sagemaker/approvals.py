"""Approval of model packages: which ways are open, and the events that tell of it."""

from __future__ import annotations

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
    """Send the package's event, which goes out on creation and on every update; only updates name the fields."""
    detail = {name: package.get(name) for name in TOLD}
    if changed:
        detail["UpdatedModelPackageFields"] = list(changed)
    events.send(DETAIL_TYPE, package["ModelPackageArn"], detail, times=times)
