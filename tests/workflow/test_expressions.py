"""JSONata of single states: it parses, and it decides as it should."""

from typing import Any

import pytest

from rehearsal.emulator.jsonata import shared_engine
from tests.workflow.answers import crawler
from tests.workflow.assembly import CLEAN_UPS, machine
from tests.workflow.expressions import CONTEXT, evaluate, expressions


@pytest.mark.parametrize("kind", ["training", "deployment"])
def test_every_expression_parses(kind: str) -> None:
    found = expressions(machine(kind))
    assert len(found) > 50
    assert not [problem for problem in shared_engine().compile(found) if problem]


@pytest.mark.parametrize("kind", ["training", "deployment"])
def test_no_expression_depends_on_a_clock_a_random_number_or_eval(kind: str) -> None:
    for text in expressions(machine(kind)):
        assert not [name for name in ("$now(", "$millis(", "$random(", "$uuid(", "$eval(") if name in text]


@pytest.mark.parametrize("kind", ["training", "deployment"])
def test_conditions_are_whole_expressions(kind: str) -> None:
    for state in machine(kind)["States"].values():
        for rule in state.get("Choices", []):
            assert rule["Condition"].startswith("{% ") and rule["Condition"].endswith(" %}")


def _crawl(answer: dict[str, Any], asked: str = "2026-11-23T20:15:07.400Z") -> str:
    assigned = machine("training")["States"]["GetCrawler"]["Assign"]
    return evaluate(assigned["crawl"], {"result": answer}, {"crawl_asked_at": asked, "crawl_looks": 0})


@pytest.mark.parametrize("state", ["RUNNING", "STOPPING"])
def test_a_crawler_that_is_not_ready_still_runs_whatever_its_last_crawl_was(state: str) -> None:
    assert _crawl(crawler(state)) == "running"
    assert _crawl(crawler(state, "SUCCEEDED")) == "running"


def test_a_ready_crawler_without_a_crawl_or_with_an_older_one_has_not_crawled_for_us() -> None:
    assert _crawl(crawler("READY")) == "earlier"
    assert _crawl(crawler("READY", "SUCCEEDED", "2026-11-23T20:15:06Z")) == "earlier"


def test_a_crawl_in_the_same_second_counts_although_glue_cuts_the_milliseconds() -> None:
    assert _crawl(crawler("READY", "SUCCEEDED", "2026-11-23T20:15:07Z")) == "succeeded"
    assert _crawl(crawler("READY", "SUCCEEDED", "2026-11-23T20:15:07.123Z")) == "succeeded"


@pytest.mark.parametrize("status", ["FAILED", "CANCELLED"])
def test_a_crawl_that_did_not_succeed_has_failed(status: str) -> None:
    assert _crawl(crawler("READY", status)) == "failed"


def _failure(error: str, cause: str | None, state: str = "TrainModel") -> tuple[str, str]:
    caught = {"Error": error} | ({} if cause is None else {"Cause": cause})
    end = machine("training")["States"]["Failed"]
    scope = {"input": {"state": state, "caught": caught}}
    return evaluate(end["Error"], scope), evaluate(end["Cause"], scope)


def test_a_refusal_of_a_function_is_told_in_its_own_words() -> None:
    cause = '{"errorMessage":"raw/churn/a.csv: column \\"\\u00e4ge\\" is missing","errorType":"GateRefused"}'
    assert _failure("GateRefused", cause, "GateArrivals") == (
        "GateRefused",
        'GateArrivals: raw/churn/a.csv: column "äge" is missing',
    )


def test_a_failed_job_is_told_with_its_name_and_reason() -> None:
    job = '{"TrainingJobName":"churn-1-train-00","FailureReason":"AlgorithmError: exit code 1"}'
    assert _failure("States.TaskFailed", job)[1] == "TrainModel (churn-1-train-00): AlgorithmError: exit code 1"
    batch = '{"TransformJobName":"churn-1-holdout-00","FailureReason":"ClientError: bad"}'
    assert (
        _failure("States.TaskFailed", batch, "ScoreHoldout")[1] == "ScoreHoldout (churn-1-holdout-00): ClientError: bad"
    )
    etl = '{"JobName":"etl","Id":"jr_1","JobRunState":"FAILED","ErrorMessage":"AnalysisException: no such column"}'
    assert _failure("States.TaskFailed", etl, "RunEtl")[1] == "RunEtl (etl jr_1): AnalysisException: no such column"


@pytest.mark.parametrize(
    "cause",
    ["plain text", '{"cut off', "{}", '{"a":1}', '"quoted"', "[1]", "{% not ours %}", '{"a" broken}', '{"a": \\x}'],
)
def test_any_other_cause_is_told_as_it_is(cause: str) -> None:
    assert _failure("SageMaker.SageMakerException", cause)[1] == f"TrainModel: {cause}"


@pytest.mark.parametrize("cause", [None, ""])  # recorded: States.Timeout is caught with the cause ""
def test_a_timeout_without_a_cause_says_so(cause: str | None) -> None:
    assert _failure("States.Timeout", cause)[1] == "TrainModel: no answer within the time allowed"
    assert _failure("Weird", cause)[1] == "TrainModel: the service gave no cause"


def test_a_cause_that_was_cut_still_tells_its_message() -> None:
    cause = '{"TrainingJobName":"churn-1-train-00","FailureReason":"bad \\"age\\" \\u00e4","Tags":["cut'
    assert _failure("States.TaskFailed", cause)[1] == 'TrainModel (churn-1-train-00): bad "age" ä'


def test_an_exception_without_a_message_is_told_with_its_whole_cause() -> None:
    cause = '{"errorMessage":"","errorType":"KeyError","requestId":"1","stackTrace":[]}'
    assert _failure("KeyError", cause)[1] == f"TrainModel: {cause}"


def test_a_cause_stays_within_what_step_functions_stores() -> None:
    assert len(_failure("Long", "x" * 40_000)[1]) <= 32_768


def test_the_failing_state_is_named_by_the_catcher() -> None:
    for name, state in machine("training")["States"].items():
        if state["Type"] == "Task" and name not in CLEAN_UPS:
            scope = {"context": CONTEXT | {"State": {"Name": name}}, "errorOutput": {"Error": "E", "Cause": "C"}}
            caught = evaluate(state["Catch"][-1]["Output"], scope)
            assert caught == {"state": name, "caught": {"Error": "E", "Cause": "C"}}
