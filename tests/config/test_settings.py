"""Settings describe themselves, and their limits are those of the code and of the services."""

import ast
import dataclasses
from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import TypeAdapter

from config import settings
from config.environments import _BY_STAGE, environment
from config.model_file import HyperparameterTable, ModelFile
from config.settings import EndpointConfig, GlueConfig, LambdaConfig, NetworkConfig, PlatformConfig
from config.settings_rules import MAXIMUM_PREFIX_LENGTH
from mlops_constructs import log_group, python_function, spark_job
from tests.synth import ROOT
from tests.workflow.assembly import MODELS, PREFIX, machine
from tests.workflow.expressions import CONTEXT, RUN, evaluate


def _described() -> Iterator[tuple[str, str, str]]:
    """Class, field and what stands below the field in the source."""
    tree = ast.parse((ROOT / "config" / "settings.py").read_text())
    for kind in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        for line, below in zip(kind.body, [*kind.body[1:], None], strict=True):
            if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
                text = (
                    below.value.value if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) else ""
                )
                yield kind.name, line.target.id, str(text)


def _is_sentence(text: str) -> bool:
    return len(text) > 10 and text[0] in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" and text.endswith(".")


def test_every_setting_of_an_environment_is_described_below_its_field() -> None:
    described = {(kind, field): text for kind, field, text in _described()}
    known = {
        (kind.__name__, field.name)
        for kind in vars(settings).values()
        if isinstance(kind, type) and dataclasses.is_dataclass(kind)
        for field in dataclasses.fields(kind)
    }

    assert set(described) == known
    assert [name for name, text in described.items() if not _is_sentence(text)] == []


def test_every_key_of_a_model_is_described_in_its_schema() -> None:
    schema = ModelFile.model_json_schema()
    tables = [schema, *schema["$defs"].values()]
    keys = [
        (table["title"], key, about.get("description", ""))
        for table in tables
        for key, about in table["properties"].items()
    ]

    assert len(keys) > 50
    assert [(table, key) for table, key, text in keys if not _is_sentence(text)] == []


def test_every_environment_is_one_that_can_work_and_is_read_as_it_was_written() -> None:
    assert len(_BY_STAGE) >= 4
    for stage in _BY_STAGE:
        one = environment(stage)
        assert TypeAdapter(PlatformConfig).validate_python(dataclasses.asdict(one)) == one


def test_the_longest_prefix_fills_the_longest_name_that_sagemaker_takes() -> None:
    """After 99 redrives, which is as often as the names of jobs allow too."""
    name = f"{PREFIX}-{MODELS[1]}"
    execution = CONTEXT["Execution"] | {"RedriveCount": 99}
    states = {"context": {"Execution": execution, "State": CONTEXT["State"] | {"RetryCount": 9}}, "input": {}}
    variables = {"run": RUN, "deployed": f"{name}-v9999-{RUN}", "name": name}
    names = {
        evaluate(state["Arguments"][member], states, variables)
        for kind in ("training", "deployment")
        for state in machine(kind)["States"].values()
        for member in ("TrainingJobName", "TransformJobName", "ModelName", "EndpointConfigName")
        if "RedriveCount" in str(state.get("Arguments", {}).get(member))
    }

    assert len(names) > 4
    assert max(map(len, names)) - len(PREFIX) + MAXIMUM_PREFIX_LENGTH == 63


@pytest.mark.parametrize(
    ("kind", "field", "known"),
    [
        (NetworkConfig, "log_retention_days", log_group._RETENTION),
        (GlueConfig, "version", spark_job._VERSIONS),
        (GlueConfig, "worker_type", spark_job._WORKERS),
        (LambdaConfig, "python_version", python_function._RUNTIMES),
        (LambdaConfig, "cpu", python_function._ARCHITECTURES),
    ],
)
def test_a_setting_allows_exactly_what_the_constructs_can_do(kind: type, field: str, known: dict[Any, Any]) -> None:
    assert get_args(kind.__annotations__[field]) == tuple(known)


def test_traffic_shifts_are_those_that_the_deployment_machine_knows() -> None:
    source = (ROOT / "constructs" / "mlops_constructs" / "workflow" / "deployment_endpoint.py").read_text()
    [routing] = [
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "routing"
    ]
    assert isinstance(routing, ast.Dict)

    assert {ast.literal_eval(key) for key in routing.keys if key} == set(
        get_args(EndpointConfig.__annotations__["traffic_shift"])
    )


def test_hyperparameters_and_their_defaults_are_those_of_the_training_script() -> None:
    tree = ast.parse((ROOT / "training" / "boosted.py").read_text())
    tables: dict[str, Any] = {}
    for node in tree.body:
        target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
        if isinstance(target, ast.Name) and target.id in ("ROUNDS", "TREES"):
            tables |= ast.literal_eval(node.value)  # type: ignore[attr-defined]

    assert HyperparameterTable().model_dump() == tables
