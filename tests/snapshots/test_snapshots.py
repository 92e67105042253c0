"""A template changes only when somebody meant it: look at the difference, then run `make snapshots`."""

import pytest

from tests.snapshots.refresh import FOLDER, STAGES, path_of, snapshot
from tests.synth import MODULES


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("module", MODULES)
def test_the_template_is_the_one_that_was_approved(stage: str, module: str) -> None:
    assert snapshot(stage, module) == path_of(stage, module).read_text()


def test_no_snapshot_is_left_of_a_stack_that_is_gone() -> None:
    kept = {path.relative_to(FOLDER) for path in FOLDER.glob("*/*.json")}

    assert kept == {path_of(stage, module).relative_to(FOLDER) for stage in STAGES for module in MODULES}
