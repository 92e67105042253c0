"""The emulator against what AWS documents and accounts have answered: tests/conformance/recorded/endpoints.toml."""

from __future__ import annotations

import tomllib
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from rehearsal.emulator.sagemaker import autoscaling, endpoints, rollout, scalable_targets
from rehearsal.emulator.sagemaker.errors import ServiceError
from rehearsal.emulator.sagemaker.fleets import Variant

FOLDER = Path(__file__).resolve().parents[1] / "conformance" / "recorded"
RECORDED = tomllib.loads((FOLDER / "endpoints.toml").read_text(encoding="utf-8"))
WHERE = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/e/variant/v",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}


def _verdict(row: dict[str, Any]) -> AbstractContextManager[Any]:
    return nullcontext() if row["allowed"] else pytest.raises(ServiceError, match="^ValidationException")


def _serving(instance_type: str = "ml.m5.large", instances: int = 1) -> Variant:
    server: Any = None
    return Variant(
        name="v", model={}, image="", instance_type=instance_type, weight=1.0, instances=instances, server=server
    )


def _config(instance_type: str = "ml.m5.large", instances: int = 1) -> dict[str, Any]:
    variant = {
        "VariantName": "v",
        "InstanceType": instance_type,
        "InitialInstanceCount": instances,
        "InitialVariantWeight": 1.0,
    }
    return {"ProductionVariants": [variant]}


@pytest.mark.parametrize("row", RECORDED["rollout"])
def test_traffic_moves_in_shares_that_aws_allows(row: dict[str, Any]) -> None:
    with _verdict(row):
        rollout.plan({"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": row["routing"]}}, row["instances"])


@pytest.mark.parametrize("row", RECORDED["carried_over"])
def test_an_update_has_the_instances_that_aws_gives_it(row: dict[str, Any]) -> None:
    kept = endpoints.kept_properties(row["update"])
    carried = endpoints.carried_over([_serving(instances=row["serving"])], _config(instances=row["configured"]), kept)
    assert carried["v"][0] == row["instances"]


@pytest.mark.parametrize("row", RECORDED["instance_type"])
def test_autoscaling_holds_on_to_an_instance_type_as_on_aws(
    row: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    registered = {WHERE["ResourceId"]: {}} if row["registered"] else {}
    monkeypatch.setattr(scalable_targets, "targets", registered)
    with _verdict(row):
        endpoints.check_scaling("e", [_serving(row["serving"])], _config(row["configured"]))


@pytest.mark.parametrize("row", RECORDED["scaling_error"])
def test_autoscaling_answers_in_the_words_of_aws(row: dict[str, Any]) -> None:
    with pytest.raises(ServiceError) as caught:
        autoscaling.call(row["operation"], {**WHERE, **row["parameters"]})
    assert (caught.value.code, caught.value.message) == (row["code"], row["message"])


def test_every_row_has_a_source_and_a_test() -> None:
    assert set(RECORDED) == {"rollout", "carried_over", "instance_type", "scaling_error"}
    assert not [row for rows in RECORDED.values() for row in rows if ":" not in row["source"]]
