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
from config.settings import PlatformConfig
from config.settings_rules import name_rules
from contract import metrics, model
from lambda_src.evaluate_model import handler as evaluate_model
from lambda_src.evaluate_model.metrics import metrics_of
from lambda_src.gate import handler as gate
from lambda_src.gate import problems as gate_problems
from lambda_src.golden_requests import handler as golden_requests
from lambda_src.notifier.message import MAXIMUM_CAUSE
from lambda_src.notifier.once import REMEMBER_SECONDS
from lambda_src.teardown.properties import NAME_PREFIX, TIME_BUDGET_SECONDS
from lambda_src.teardown.runner import PAUSES_SECONDS, SPARE_SECONDS
from lambda_src.validate_data import findings
from lambda_src.validate_data import handler as validate_data
from lambda_src.write_manifest import handler as write_manifest
from lambda_src.write_manifest.choosing import READ_BYTES_PER_RUN
from lambda_src.write_manifest.content import LARGEST_READ_BYTES
from tests.synth import Resource, assembly
from tests.workflow.assembly import all_states, machine
from training.boosted import OBJECTIVES, ROUNDS, TREES

HANDLERS: dict[str, ModuleType] = {
    "write_manifest": write_manifest,
    "gate": gate,
    "validate_data": validate_data,
    "evaluate_model": evaluate_model,
    "golden_requests": golden_requests,
}
# From a request to its metric in CloudWatch: the bound of bake_seconds in config/settings.py counts with it, too.
METRICS_ARRIVE_SECONDS = 120
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


def test_what_chooses_between_two_models_is_a_share_of_cases_or_the_error_that_training_makes_small() -> None:
    """A likelihood, which training stops early by, has no bound: nobody could say what an improvement of 0.01 is."""
    assert {metrics.RANGES[metrics.PRIMARY[problem]] for problem in ("binary", "multiclass")} == {(0.0, 1.0)}
    assert metrics.PRIMARY["regression"] == OBJECTIVES["regression"][1]


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


def _function(name: str) -> Resource:
    [found] = [
        function
        for function in assembly("prod").resources("AWS::Lambda::Function")
        if function.properties["Handler"] == f"lambda_src.{name}.handler.handle"
    ]
    return found


@pytest.mark.parametrize("name", HANDLERS)
def test_a_state_waits_longer_than_its_function_may_run(name: str) -> None:
    limit = _function(name).properties["Timeout"]
    waits = [
        each["TimeoutSeconds"]
        for kind in ("training", "deployment")
        for each in all_states(machine(kind)).values()
        if each.get("Resource", "").endswith("lambda:invoke")
        and str(each["Arguments"]["FunctionName"]).endswith(f"-{name}")
    ]

    assert waits
    assert min(waits) >= limit + 10


def test_the_teardown_says_that_its_time_is_up_while_cloudformation_still_waits() -> None:
    """After the budget it may be in the midst of a pause or of a call, and begin another invocation for the answer."""
    [resource] = assembly("prod").resources("Custom::Teardown")
    waits = int(resource.properties["ServiceTimeout"])

    assert TIME_BUDGET_SECONDS + SPARE_SECONDS + max(PAUSES_SECONDS) < waits
    # What was not finished in one invocation goes on in the next one: a budget within one would need no other.
    assert TIME_BUDGET_SECONDS > _function("teardown").properties["Timeout"] > SPARE_SECONDS + max(PAUSES_SECONDS)


def test_what_was_told_is_remembered_for_as_long_as_its_dead_letter_can_be_sent_in_again() -> None:
    queue = _function("notifier").properties["DeadLetterConfig"]["TargetArn"]["Fn::GetAtt"][0]
    [kept] = [
        one.properties["MessageRetentionPeriod"]
        for one in assembly("prod").resources("AWS::SQS::Queue", modules=["monitoring"])
        if one.logical_id == queue
    ]

    # Lambda tries for six hours before an event becomes a dead letter.
    assert kept + 6 * 3600 <= REMEMBER_SECONDS


def test_a_refusal_reaches_people_with_its_way_out_at_the_end() -> None:
    """Notices cut a cause. The name of a state stands before it."""
    assert max(gate_problems.MAXIMUM_MESSAGE_LENGTH, findings.MAXIMUM_MESSAGE_LENGTH) + 100 < MAXIMUM_CAUSE


def test_a_function_reads_what_a_run_may_read_within_its_time() -> None:
    """The last file may pass the limit by its whole size.

    A function of 1 GiB in Python read 15 GB of S3, and wrote as much, in 243 s on average (measured by others,
    rustysl.com, "Beyond S3 archive streaming"): 62 MB a second.
    """
    function = _function("write_manifest").properties

    assert function["MemorySize"] >= 1024
    assert (READ_BYTES_PER_RUN + LARGEST_READ_BYTES) / function["Timeout"] < 60e6
    assert LARGEST_READ_BYTES <= READ_BYTES_PER_RUN


@pytest.mark.parametrize("endpoint", ["one", "canary", "linear"])
def test_the_old_fleet_stays_until_an_alarm_could_have_rolled_the_update_back(endpoint: str) -> None:
    states = all_states(machine("deployment", endpoint=endpoint))
    alarm = states["PutGuardAlarm"]["Arguments"]
    policy = states["UpdateEndpoint"]["Arguments"]["DeploymentConfig"]["BlueGreenUpdatePolicy"]

    seen_after = alarm["Period"] * alarm["EvaluationPeriods"] + METRICS_ARRIVE_SECONDS
    assert policy["TerminationWaitInSeconds"] >= seen_after


@pytest.mark.parametrize("name", ["1a", "a", "a-b", "Ab", "a_b", "", "ab", "a1", "mlops"])
def test_a_platform_can_only_be_named_as_its_teardown_takes_it(name: str) -> None:
    """Everything that begins so is deleted in the end: a teardown that refuses the prefix would hold every stack."""
    refused = bool(list(name_rules(PlatformConfig(stage="dev", name=name))))

    assert refused is (NAME_PREFIX.fullmatch(f"{name}-dev") is None or len(name) < 2 or "-" in name)
