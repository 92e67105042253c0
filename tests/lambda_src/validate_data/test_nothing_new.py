"""A run that was asked for, although every object is known already."""

from pathlib import Path

from tests.lambda_src.examples import BUCKET
from tests.lambda_src.validate_data.world import RUN, World, csv


def test_a_run_without_new_objects_trains_on_the_union_of_the_known_ones(tmp_path: Path) -> None:
    world = World(tmp_path)
    sources = set[str]()
    for name, first_age in (("january", 20), ("february", 30)):
        entry = world.add(f"raw/churn/{name}.csv", csv(120, first_age), new=False)
        world.accept(entry, 120)
        sources.add(entry.source)
    world.add("holdout/churn/test.csv", csv(40, 25, spent=5000.0), role="holdout", new=False)
    ledger = world.ledger()

    answer = world.validate()

    train = world.s3.text(BUCKET, f"runs/churn/{RUN}/train.manifest")
    assert answer["training_rows"] == 240
    assert all(f"source={source}/" in train for source in sources)
    assert world.report()["passed"]
    assert world.report()["objects"] == []
    assert world.ledger() == ledger
