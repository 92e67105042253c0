"""The manifest is written by a function and read by a Spark job: both see the same objects."""

import json

import pytest

from contract.manifest import Manifest, ManifestObject

OBJECT = ManifestObject("raw/churn/a b+c.csv", "v1", "e1", 7, "0" * 32, "training", new=True)
KNOWN = ManifestObject("raw/churn/old.csv", "v2", "e2", 9, "1" * 32, "training", new=False)
MANIFEST = Manifest("churn", "260301100000", "2026-03-01T10:00:00+00:00", (OBJECT, KNOWN), 3, ("raw/churn/a\\x01",))


def test_what_is_written_is_read_back() -> None:
    assert Manifest.from_json(json.loads(json.dumps(MANIFEST.to_json()))) == MANIFEST


def test_a_manifest_written_before_runs_had_a_limit_leaves_nothing() -> None:
    value = {name: each for name, each in MANIFEST.to_json().items() if name not in ("files_left", "refused_keys")}

    assert (Manifest.from_json(value).files_left, Manifest.from_json(value).refused_keys) == (0, ())


def test_new_objects_are_those_that_no_accepted_run_has_used() -> None:
    assert MANIFEST.new_objects == (OBJECT,)


def test_an_object_with_a_field_that_nobody_knows_is_refused() -> None:
    value = MANIFEST.to_json()
    value["objects"][0]["colour"] = "red"

    with pytest.raises(TypeError, match="colour"):
        Manifest.from_json(value)
