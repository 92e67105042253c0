"""Versions of a model in its package group, and which one serves."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from commands.errors import Exit, Refused, code_of
from commands.platform import Model, read_object
from commands.session import Session

APPROVED, REJECTED = "Approved", "Rejected"
UNKNOWN_ENDPOINT = ("ValidationException", "ValidationError")


@dataclass(frozen=True)
class Version:
    """One model package."""

    number: int
    arn: str
    approval: str
    created: datetime


def versions(session: Session, model: Model) -> list[Version]:
    """All versions, newest first."""
    pages = (
        session.client("sagemaker")
        .get_paginator("list_model_packages")
        .paginate(ModelPackageGroupName=model.endpoint, SortBy="CreationTime", SortOrder="Descending")
    )
    return [
        Version(
            int(entry["ModelPackageVersion"]),
            entry["ModelPackageArn"],
            entry["ModelApprovalStatus"],
            entry["CreationTime"],
        )
        for page in pages
        for entry in page["ModelPackageSummaryList"]
    ]


def version(session: Session, model: Model, number: int) -> Version:
    """One version.

    Raises:
        Refused: naming the versions that there are.
    """
    known = versions(session, model)
    for each in known:
        if each.number == number:
            return each
    listed = ", ".join(str(each.number) for each in known) or "none"
    raise Refused(f"{model.name} has no version {number}: its versions are {listed}", Exit.NOT_FOUND)


@dataclass(frozen=True)
class Serving:
    """The status, configuration and version of an endpoint now."""

    status: str
    config: str
    version: int | None


def serving(session: Session, model: Model) -> Serving | None:
    """The model's endpoint as it serves; None if there is no endpoint yet."""
    sagemaker = session.client("sagemaker")
    try:
        endpoint = sagemaker.describe_endpoint(EndpointName=model.endpoint)
    except ClientError as error:
        if code_of(error) in UNKNOWN_ENDPOINT:
            return None
        raise
    config = endpoint.get("EndpointConfigName", "")
    if not config:
        return Serving(endpoint["EndpointStatus"], "", None)
    variants = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    container = sagemaker.describe_model(ModelName=variants[0]["ModelName"]).get("PrimaryContainer", {})
    package = container.get("ModelPackageName")
    return Serving(endpoint["EndpointStatus"], config, int(package.rsplit("/", 1)[-1]) if package else None)


def lineage(session: Session, arn: str) -> Mapping[str, str]:
    """Run, data and reports that a version comes from."""
    told = session.client("sagemaker").describe_model_package(ModelPackageName=arn)
    return told.get("CustomerMetadataProperties", {})


def metrics(session: Session, properties: Mapping[str, str]) -> dict[str, float]:
    """The metrics of a version's evaluation; none where the report is gone."""
    uri = properties.get("evaluation_report_uri")
    if not uri:
        return {}
    try:
        report: dict[str, Any] = json.loads(read_object(session, uri))
    except ClientError as error:
        if code_of(error) in ("NoSuchKey", "404"):
            return {}
        raise
    return {name: metric["value"] for name, metric in report.get("metrics", {}).items()}
