"""A run that left files behind asks for the next one, but only once it has accepted something."""

from pathlib import Path

import pytest

from lambda_src.validate_data.findings import DataRefused
from tests.lambda_src.validate_data.world import World, csv


def world_with(tmp_path: Path, files_left: int, rows: int = 120) -> World:
    world = World(tmp_path, files_left=files_left)
    world.add("raw/churn/january.csv", csv(rows, 20))
    world.add("holdout/churn/test.csv", csv(40, 25, spent=5000.0), role="holdout")
    return world


def wanted(world: World) -> bool:
    """Tell whether the starter sees a reason for another run."""
    return "last_upload" in world.dynamodb.items.get(("churn", "starter"), {})


@pytest.mark.parametrize("files_left", [0, 3])
def test_an_accepted_run_asks_for_the_next_one_if_files_are_left(tmp_path: Path, files_left: int) -> None:
    world = world_with(tmp_path, files_left)
    world.validate()

    assert wanted(world) is bool(files_left)


def test_a_refused_run_does_not_ask_for_another_that_would_be_refused_again(tmp_path: Path) -> None:
    world = world_with(tmp_path, files_left=3, rows=1)
    with pytest.raises(DataRefused):
        world.validate()

    assert not wanted(world)
