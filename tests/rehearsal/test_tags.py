"""Everything that a run and its deployment created carries the tags by which costs are allocated."""

from typing import Any

import pytest

from rehearsal import people
from rehearsal.cloud import STAGE
from rehearsal.journey import Outcome
from rehearsal.samples import Sample
from tests.rehearsal.conftest import Platform

pytestmark = pytest.mark.slow

# Listing, its answer's list, the ARN in an entry.
KINDS = (
    ("list_training_jobs", "TrainingJobSummaries", "TrainingJobArn"),
    ("list_transform_jobs", "TransformJobSummaries", "TransformJobArn"),
    ("list_models", "Models", "ModelArn"),
    ("list_endpoint_configs", "EndpointConfigs", "EndpointConfigArn"),
    ("list_endpoints", "Endpoints", "EndpointArn"),
    ("list_model_package_groups", "ModelPackageGroupSummaryList", "ModelPackageGroupArn"),
)


def created(sagemaker: Any, kind: tuple[str, str, str], part: str) -> list[str]:
    listing, answer, arn = kind
    return [each[arn] for each in getattr(sagemaker, listing)(NameContains=part, MaxResults=100)[answer]]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind[1])
def test_all_that_a_run_created_carries_the_tags_of_platform_and_model(
    platform: Platform, outcome: Outcome, flagship: Sample, kind: tuple[str, str, str]
) -> None:
    assert outcome.predictions
    sagemaker = people.owner(platform.emulator, "sagemaker")
    found = created(sagemaker, kind, f"mlops-{STAGE}-{flagship.model}")
    assert found
    for arn in found:
        tags = {tag["Key"]: tag["Value"] for tag in sagemaker.list_tags(ResourceArn=arn)["Tags"]}
        assert tags["platform"] == f"mlops-{STAGE}", arn
        if "group" not in arn:
            assert tags["model"] == flagship.model, arn
