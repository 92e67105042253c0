"""What others wrote agrees with the platform, and each witness notices a planted fault."""

import copy
import re
from dataclasses import replace
from typing import Any

import pytest

from tests.conformance import authorization, calls, jsonata, machines, policy_oracle, readings, recordings
from tests.conformance.grants import Statement, statements
from tests.conformance.inputs import bindings
from tests.conformance.policies import cases
from tests.conformance.shipped import definitions, shipped_expressions
from tests.conformance.witness import ROOT, WitnessMissing, installed
from tests.synth import assembly
from tests.workflow.test_calls import CALLS, problems

GRANT = Statement(
    "planted[0]", "Allow", ("sqs:SendMessage",), ("arn:aws:sqs:region:account:intake",), ("aws:SourceArn",)
)
FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"actions": ("sqs:SendMesage",)}, "there is no such action"),
    ({"resources": ("arn:aws:sns:region:account:intake",)}, "no resource is a queue, which is required"),
    ({"resources": (*GRANT.resources, "arn:aws:s3:::data/x")}, "none of sqs:SendMessage is about arn:aws:s3:::data/x"),
    ({"keys": ("sqs:Delay",)}, "condition key sqs:Delay is not supported"),
    (
        {"actions": ("s3:GetObject",), "resources": ("arn:aws:s3:::data",)},
        "no resource is one of accesspointobject, object",
    ),
    ({"actions": ("cloudwatch:PutMetricData",)}, "the statement needs the resource *"),
]


def test_botocore_knows_every_member_that_a_task_sends() -> None:
    counts = calls.run()
    assert (counts.differ, counts.agree) == ((), len(CALLS))


def test_a_misspelt_member_of_a_call_is_noticed() -> None:
    name = "training.TrainModel"
    sent = {key.replace("ResourceConfig", "ResourcesConfig"): value for key, value in CALLS[name].items()}
    assert "ResourcesConfig" in " ".join(problems(name, sent))


def test_every_shipped_expression_means_what_the_official_engine_says() -> None:
    counts = jsonata.compared(shipped_expressions(), inputs=12)
    assert counts.differ == ()
    assert counts.cases > 12 * 150


def test_an_expression_that_fails_or_means_something_else_is_noticed() -> None:
    [never] = jsonata.compared(["$number('x')"], inputs=4).differ
    assert never.endswith("no generated input gives it a value")
    assert "here {'error': 'T1006'}, there {'value': 2}" in jsonata.compared(["$eval('1 + 1')"], inputs=1).differ[0]


def test_generated_inputs_depend_on_expression_and_seed_and_never_hide_a_function() -> None:
    text = "$exists($run) ? $states.result.Items[0].Name : $count($reasons)"
    assert bindings(text, 3) == bindings(text, 3)
    assert {name for seed in range(40) for name in bindings(text, seed)} == {"states", "run", "reasons"}


def test_every_statement_grants_what_the_service_authorization_reference_knows() -> None:
    counts = authorization.run()
    assert counts.differ == ()
    assert {reason.partition(": ")[0] for reason in counts.explained} == {action for action, _ in authorization.KNOWN}


@pytest.mark.parametrize(("fault", "told"), FAULTS, ids=[told for _, told in FAULTS])
def test_a_statement_that_grants_nothing_is_noticed(fault: dict[str, Any], told: str) -> None:
    assert authorization.compared([GRANT]).differ == ()
    assert told in " ".join(authorization.compared([replace(GRANT, **fault)]).differ)


def test_every_resource_of_a_statement_is_resolved_to_a_pattern() -> None:
    found = [resource for one in statements(assembly("prod")) for resource in one.resources]
    assert len(found) > 200
    assert [one for one in found if one != "*" and not re.fullmatch(r"arn:aws:[a-z0-9-]+:\S+", one)] == []


def test_asl_validator_finds_nothing_in_any_machine() -> None:
    counts = machines.run()
    assert (counts.differ, counts.agree) == ((), len(definitions()))


def test_a_bad_state_is_noticed() -> None:
    name, good = next(iter(definitions().items()))
    lost, unknown = copy.deepcopy(good), copy.deepcopy(good)
    next(each for each in lost["States"].values() if "Next" in each)["Next"] = "Nowhere"
    unknown["States"][unknown["StartAt"]]["Type"] = "Taks"
    told = machines.compared({"lost": lost, "unknown": unknown, name: good})
    assert {line.partition(":")[0] for line in told.differ} == {"lost", "unknown"}
    assert told.agree == 1


def test_an_ordinary_case_that_another_evaluator_decides_otherwise_is_noticed() -> None:
    ordinary = next(case for case in cases(100) if readings.is_ordinary(case) and readings.decision(case) != "Deny")
    [difference, share] = policy_oracle.compared([(ordinary, "Deny")]).differ
    assert difference.startswith(f"seed {ordinary.seed}: ")
    assert share == "only 0 of 1 ordinary cases are decided alike"


def test_every_reading_of_the_other_evaluator_explains_some_difference_and_none_of_an_ordinary_case() -> None:
    seen = set[str]()
    for case in cases(3000):
        answers = {"Allow", "Deny", "ImplicitDeny"} - {readings.decision(case)}
        found = {reasons[0] for other in answers if len(reasons := readings.explanation(case, other)) == 1}
        assert not (found and readings.is_ordinary(case))
        seen |= found
    assert seen == set(readings.READINGS)


def test_every_reading_of_the_other_evaluator_names_the_page_that_says_otherwise() -> None:
    assert [name for name, reading in readings.READINGS.items() if not reading.page.startswith(readings.PAGES)] == []


def test_every_row_of_what_was_recorded_names_its_source() -> None:
    counts = recordings.run()
    assert counts.differ == ()
    assert counts.agree > 100
    assert recordings.counted({"planted": [("row[0]", {"code": "X"})]}).differ == ("planted.toml: row[0]: no source",)


@pytest.mark.parametrize("name", sorted(path.stem for path in recordings.FOLDER.glob("*.toml")))
def test_every_row_of_what_was_recorded_is_run_by_a_test(name: str) -> None:
    text = "".join(each for each in _test_modules() if f'facts("{name}")' in each or f'"{name}.toml"' in each)
    assert recordings.unread(name, text) == []
    assert recordings.unread(name, "") != []


def _test_modules() -> list[str]:
    rooms = [ROOT / "tests" / "emulator", ROOT / "tests" / "conformance"]
    return [path.read_text("utf-8") for room in rooms for path in sorted(room.glob("test_*.py"))]


def test_a_witness_that_is_not_installed_says_what_sets_it_up() -> None:
    with pytest.raises(WitnessMissing, match=r"\.build/nothing is missing: make \.build/x sets it up"):
        installed(ROOT / ".build" / "nothing", ".build/x")
