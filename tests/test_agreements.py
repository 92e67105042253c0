"""Two rooms that must agree: each pair is written once, or compared here."""

import ast
import inspect
from dataclasses import MISSING, Field, fields
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from pydantic import BaseModel

from config import gate_rules, model_file
from contract import metrics, model
from lambda_src.evaluate_model import handler as evaluate_model
from lambda_src.evaluate_model.metrics import metrics_of
from lambda_src.gate import handler as gate
from lambda_src.golden_requests import handler as golden_requests
from lambda_src.validate_data import handler as validate_data
from lambda_src.write_manifest import handler as write_manifest
from tests.synth import assembly
from tests.workflow.assembly import all_states, machine
from training.boosted import ROUNDS, TREES

HANDLERS: dict[str, ModuleType] = {
    "write_manifest": write_manifest,
    "gate": gate,
    "validate_data": validate_data,
    "evaluate_model": evaluate_model,
    "golden_requests": golden_requests,
}
TABLES: dict[type[BaseModel], type] = {
    model_file.FormatTable: model.FileFormat,
    model_file.ColumnTable: model.Column,
    model_file.SplitTable: model.Split,
    model_file.DataTable: model.DataLimits,
    model_file.EvaluationTable: model.Evaluation,
}


@pytest.mark.parametrize("problem", sorted(metrics.METRICS))
def test_every_gate_of_a_problem_limits_a_metric_that_the_evaluation_reports_and_in_its_direction(problem: str) -> None:
    reported = metrics_of(problem, 0)
    limits = [gate for gate in gate_rules.GATES[problem] if gate != metrics.IMPROVEMENT]

    assert sorted(gate.partition("_")[2] for gate in limits) == sorted(reported)
    assert {gate for gate in limits if gate.startswith("minimum_")} == {
        f"minimum_{name}" for name in ("auc", "f1", "macro_f1", "r2") if name in reported
    }
    assert metrics.PRIMARY[problem] in reported


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_a_key_left_out_of_a_models_file_means_the_same_as_one_left_out_of_its_contract(table: type[BaseModel]) -> None:
    in_contract = {each.name: each for each in fields(TABLES[table])}
    in_file = {name: _plain(value) for name, value in _defaults(table).items()}

    assert in_file == {name: _default(in_contract[name]) for name in in_file}
    assert in_file


def test_hyperparameters_and_seed_left_out_of_a_models_file_are_those_of_the_training_code() -> None:
    assert _defaults(model_file.HyperparameterTable) == {**ROUNDS, **TREES}
    assert _defaults(model_file.TrainingTable)["seed"] == model.Training().seed


def _defaults(table: type[BaseModel]) -> dict[str, Any]:
    """The keys that a file may leave out, each with its default."""
    optional = {name: each for name, each in table.model_fields.items() if not each.is_required()}
    return {name: each.get_default(call_default_factory=True) for name, each in optional.items()}


def _default(each: Field[Any]) -> Any:
    return _plain(each.default_factory() if each.default_factory is not MISSING else each.default)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _sent() -> dict[str, set[str]]:
    """The members of each function's payload, as its state sends them."""
    found: dict[str, set[str]] = {}
    for kind in ("training", "deployment"):
        for each in all_states(machine(kind)).values():
            if each.get("Resource", "").endswith("lambda:invoke"):
                name = str(each["Arguments"]["FunctionName"]).rpartition("mlops-rehearsal-")[2]
                found.setdefault(name, set()).update(each["Arguments"]["Payload"])
    return found


def _read(handler: ModuleType) -> set[str]:
    """The members of its event that a handler reads: subscripts of `event`, and event.get()."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(Path(inspect.getfile(handler)).read_text())):
        match node:
            case ast.Subscript(value=ast.Name(id="event"), slice=ast.Constant(value=str(key))):
                found.add(key)
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="event"), attr="get"), args=[ast.Constant(value=key), *_]
            ):
                found.add(str(key))
            case _:
                pass
    return found


@pytest.mark.parametrize("name", HANDLERS)
def test_a_state_sends_exactly_what_its_function_reads(name: str) -> None:
    assert _sent()[name] == _read(HANDLERS[name])


@pytest.mark.parametrize("name", HANDLERS)
def test_a_state_waits_longer_than_its_function_may_run(name: str) -> None:
    [limit] = [
        function.properties["Timeout"]
        for function in assembly("prod").resources("AWS::Lambda::Function")
        if function.properties["Handler"] == f"lambda_src.{name}.handler.handle"
    ]
    waits = [
        each["TimeoutSeconds"]
        for kind in ("training", "deployment")
        for each in all_states(machine(kind)).values()
        if each.get("Resource", "").endswith("lambda:invoke")
        and str(each["Arguments"]["FunctionName"]).endswith(f"-{name}")
    ]

    assert waits
    assert min(waits) >= limit + 10
