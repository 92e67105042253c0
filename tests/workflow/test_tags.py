"""Every resource that a machine creates carries the tags that costs are allocated by."""

from typing import Any

import pytest
from botocore.model import OperationModel

from mlops_constructs.spending_limit import platform_filter
from tests.workflow.assembly import MODELS, PREFIX, TAGS, integration, tasks
from tests.workflow.test_calls import CALLS, service

CONFIGURED = {**TAGS, "model": MODELS[0]}
# Calls whose request has tags that must stay out, and why.
WITHOUT_TAGS = {
    # "If you supply ModelPackageGroupName, your model package ... uses the tags associated with the model package
    # group. In this case, you cannot supply a tag argument." (SageMaker API reference, CreateModelPackage, Tags)
    "createModelPackage",
    # "Use this parameter to tag the scalable target when it is created" (Application Auto Scaling API reference,
    # RegisterScalableTarget, Tags): the state also runs for a target that exists, and a target costs nothing.
    "registerScalableTarget",
}


def operation_of(task: dict[str, Any]) -> OperationModel:
    name, action = integration(task).removeprefix("aws-sdk:").removesuffix(".sync").split(":")
    return service(name).operation_model(action[0].upper() + action[1:])


def takes_tags(task: dict[str, Any]) -> bool:
    shape = operation_of(task).input_shape
    return shape is not None and "Tags" in shape.members


TAKING = sorted(name for name, task in tasks().items() if takes_tags(task))


def test_the_calls_that_take_tags_are_found_in_the_api() -> None:
    actions = {integration(tasks()[name]).removesuffix(".sync").rsplit(":", 1)[-1] for name in TAKING}
    assert actions == WITHOUT_TAGS | {
        "createTrainingJob", "createTransformJob", "createModel", "createEndpointConfig", "createEndpoint",
        "putMetricAlarm",
    }  # fmt: skip


@pytest.mark.parametrize("name", TAKING)
def test_every_call_that_takes_tags_carries_platform_model_and_configured_tags(name: str) -> None:
    action = integration(tasks()[name]).rsplit(":", 1)[-1]
    given = CALLS[name].get("Tags")
    if action in WITHOUT_TAGS:
        assert given is None
    else:
        assert {tag["Key"]: tag["Value"] for tag in given} == CONFIGURED
        assert len(given) == len(CONFIGURED)


@pytest.mark.parametrize("name", [name for name in TAKING if "Tags" in CALLS[name]])
def test_the_budget_counts_what_the_call_creates(name: str) -> None:
    """A budget filters by `user:<key>$<value>` (AWS Budgets API reference, Budget, CostFilters: TagKeyValue)."""
    assert platform_filter(PREFIX) in [f"user:{tag['Key']}${tag['Value']}" for tag in CALLS[name]["Tags"]]
