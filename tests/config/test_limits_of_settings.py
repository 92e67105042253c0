"""Numbers that a setting may be: what AWS takes, and what the platform itself can work with."""

from dataclasses import is_dataclass
from typing import Any

import botocore.session
import pytest
from pydantic import TypeAdapter

from config import settings
from config.settings import (
    EndpointConfig,
    GlueConfig,
    IamConfig,
    NetworkConfig,
    PlatformConfig,
    SageMakerConfig,
    StepFunctionsConfig,
)
from config.settings_rules import MAXIMUM_PREFIX_LENGTH, MAXIMUM_TAGS, ROOM_FOR_ROLE_NAMES, RULES

# 0 NAT gateways make a network without internet, 0 percent capture nothing.
MAY_BE_ZERO = {"nat_gateways", "data_capture_percentage"}
CLASSES = [each for each in vars(settings).values() if isinstance(each, type) and is_dataclass(each)]


def _limits(config: type, name: str) -> tuple[int | None, int | None]:
    """Lowest and highest value of a number, as pydantic reads them."""
    found: dict[str, Any] = TypeAdapter(config).json_schema()["properties"][name]
    return found.get("minimum"), found.get("maximum")


def _shape(service: str, name: str) -> tuple[int | None, int | None]:
    """The same of AWS's API."""
    metadata = botocore.session.get_session().get_service_model(service).shape_for(name).metadata
    return metadata.get("min"), metadata.get("max")


def test_a_count_is_at_least_one_unless_none_means_something() -> None:
    lowest = {
        (each.__name__, name): one.get("minimum")
        for each in CLASSES
        for name, one in TypeAdapter(each).json_schema()["properties"].items()
        if one.get("type") == "integer" and "enum" not in one and each is not settings.ModelDeployment
    }

    assert len(lowest) > 20
    assert {name for (_, name), least in lowest.items() if not least} == MAY_BE_ZERO
    assert all(least is not None and least >= 0 for least in lowest.values())


@pytest.mark.parametrize(
    ("config", "name", "service", "shape"),
    [
        (EndpointConfig, "bake_seconds", "sagemaker", "TerminationWaitInSeconds"),
        (EndpointConfig, "data_capture_percentage", "sagemaker", "SamplingPercentage"),
        (StepFunctionsConfig, "batching_window_seconds", "lambda", "MaximumBatchingWindowInSeconds"),
    ],
)
def test_a_setting_may_be_at_most_what_the_service_takes(config: type, name: str, service: str, shape: str) -> None:
    assert _limits(config, name)[1] == _shape(service, shape)[1]


def test_a_run_has_a_place_for_a_training_file_beside_the_hold_out() -> None:
    """write_manifest gives the hold-out half of the places, and leaves the other half to training files."""
    assert (_limits(StepFunctionsConfig, "new_files_per_run")[0] or 0) // 2 == 1


def test_glue_gets_two_workers_at_least_and_a_network_no_more_zones_than_a_region_has() -> None:
    """Glue's guide, "Defining job properties for Spark jobs": the minimum is 2. No region has more than six zones."""
    assert _limits(GlueConfig, "worker_count")[0] == 2
    assert _limits(NetworkConfig, "availability_zones") == (2, 6)


def test_values_at_their_limit_are_taken_together() -> None:
    tags = {"k" * 128: "v" * 256} | {f"key-{number}": "" for number in range(MAXIMUM_TAGS - 1)}
    name = "m" * (MAXIMUM_PREFIX_LENGTH - len("-dev"))
    steps = StepFunctionsConfig(
        etl_timeout_minutes=60,
        endpoint_timeout_minutes=90,
        endpoint=EndpointConfig(bake_seconds=90 * 40 // 3 - 1),
    )
    config = PlatformConfig(
        stage="dev",
        name=name,
        tags=tags,
        glue=GlueConfig(timeout_minutes=60),
        step_functions=steps,
        sagemaker=SageMakerConfig(studio_user="a" * 63),
        iam=IamConfig(role_prefix="r" * (ROOM_FOR_ROLE_NAMES - len(name) - len("-dev"))),
    )

    assert [str(mistake) for rule in RULES for mistake in rule(config)] == []
