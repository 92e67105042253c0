"""Environments differ in values. The kinds of wrong ones stand in test_wrong_settings.py."""

import ast
import dataclasses

import botocore.session
import pytest

from config import instance_types, settings
from config.environments import DEV, DRILL, PROD, REHEARSAL, STAGING
from config.settings import PlatformConfig
from tests.synth import ROOT

ENVIRONMENTS = (REHEARSAL, DRILL, DEV, STAGING, PROD)


def test_only_dev_and_the_rehearsal_approve_by_themselves() -> None:
    assert [one.stage for one in ENVIRONMENTS if one.step_functions.approve_automatically] == ["rehearsal", "dev"]


def test_prod_keeps_data_models_and_registry() -> None:
    assert PROD.storage.keep_on_delete
    assert PROD.sagemaker.keep_on_delete
    assert not PROD.step_functions.delete_registry


def test_the_defaults_of_dev_fit_a_new_account() -> None:
    assert DEV.step_functions.endpoint.instance_type == "ml.t2.medium"
    assert DEV.step_functions.endpoint.instance_count == 1
    assert DEV.network.nat_gateways == 1
    assert not DEV.network.interface_endpoints


def test_instance_types_are_those_of_the_service() -> None:
    sagemaker = botocore.session.get_session().get_service_model("sagemaker")

    assert set(sagemaker.shape_for("TrainingInstanceType").enum) >= instance_types.TRAINING  # type: ignore[attr-defined]
    assert set(sagemaker.shape_for("TransformInstanceType").enum) >= instance_types.TRANSFORM  # type: ignore[attr-defined]
    assert set(sagemaker.shape_for("ProductionVariantInstanceType").enum) >= instance_types.SERVING  # type: ignore[attr-defined]


@pytest.mark.parametrize("one", ENVIRONMENTS, ids=lambda one: one.stage)
def test_every_environment_names_instance_types_that_exist(one: PlatformConfig) -> None:
    assert one.step_functions.endpoint.instance_type in instance_types.SERVING
    assert one.step_functions.transform_instance_type in instance_types.TRANSFORM


def test_every_setting_is_read_by_somebody() -> None:
    sources = [
        *ROOT.glob("stacks/*.py"),
        ROOT / "config" / "models.py",
        ROOT / "config" / "settings.py",
        ROOT / "app.py",
    ]
    read = {
        node.attr
        for path in sources
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
    }
    known = {
        field.name
        for name in dir(settings)
        if dataclasses.is_dataclass(kind := getattr(settings, name))
        for field in dataclasses.fields(kind)
    }

    assert known - read == set()
