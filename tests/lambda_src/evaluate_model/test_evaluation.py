"""Labels and a transform's output in, verdict and report out, through the handler's own objects."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from contract.model import Contract
from lambda_src.evaluate_model.evaluation import Evaluation
from lambda_src.evaluate_model.handler import evaluate
from lambda_src.evaluate_model.joining import join
from lambda_src.evaluate_model.labels import EvaluationRefused, Labels, read_labels
from lambda_src.evaluate_model.records import Unusable, read_score
from lambda_src.evaluate_model.verdict import check_gates, judge
from tests.lambda_src.examples import BUCKET, CONTRACT_URI, churn, contract_value, multiclass, regression
from tests.lambda_src.fakes import FakeS3

ROWS = 200
RUN = "260301100000"
PREFIX = f"s3://{BUCKET}/evaluation/churn/{RUN}/"
EVENT = {
    "model": "churn",
    "run": RUN,
    "contract_uri": CONTRACT_URI,
    "labels_uri": f"{PREFIX}labels/",
    "candidate_uri": f"{PREFIX}candidate/",
    "champion_uri": None,
}
Record = dict[str, Any]


def labels() -> list[Record]:
    random = np.random.default_rng(5)
    return [
        {
            "row_id": f"abc-{row}",
            "label": "yes" if random.random() < 0.4 else "no",
            "slices": {"plan": ["basic", "plus", None][row % 3]},
        }
        for row in range(ROWS)
    ]


def scored(noise: float = 0.6, seed: int = 9) -> list[Record]:
    """A model's output: better with less noise."""
    random = np.random.default_rng(seed)
    records = []
    for label in labels():
        logit = (1.0 if label["label"] == "yes" else -1.0) + random.normal(0.0, noise)
        probability = round(float(1.0 / (1.0 + np.exp(-logit))), 6)
        prediction = "yes" if probability >= 0.5 else "no"
        records.append({"row_id": label["row_id"], "prediction": prediction, "probability": probability})
    return records


def lines(records: list[Record]) -> list[bytes]:
    return [json.dumps(record).encode() for record in records]


def run(
    candidate: list[Record],
    champion: list[Record] | None = None,
    *,
    more: Mapping[str, bytes] | None = None,
    **contract_changes: Any,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The handler's answer and the report, with the outputs spread over two files and `more` objects beside them."""
    s3 = FakeS3()
    for key, body in (more or {}).items():
        s3.put(BUCKET, key, body)
    s3.put("asset-bucket", "churn.json", json.dumps(contract_value(**contract_changes)))
    s3.put(BUCKET, f"evaluation/churn/{RUN}/labels/part-0.jsonl", b"\n".join(lines(labels())) + b"\n")
    for who, records in (("candidate", candidate), ("champion", champion or [])):
        half = len(records) // 2
        for number, part in enumerate((records[:half], records[half:])):
            s3.put(BUCKET, f"evaluation/churn/{RUN}/{who}/part-{number}.jsonl.out", b"\n".join(lines(part)))
    event = EVENT | {"champion_uri": f"{PREFIX}champion/" if champion else None}
    answer = evaluate(event, s3=s3, bucket=BUCKET)
    return answer, json.loads(s3.text(BUCKET, f"reports/churn/{RUN}/evaluation.json"))


def flipped(records: list[Record], change: Callable[[Record], Record]) -> list[Record]:
    return [record | change(record) for record in records]


def test_a_good_candidate_is_promoted_and_the_answer_fits_the_machine() -> None:
    answer, report = run(scored())
    assert answer["verdict"] == report["verdict"] == "promote"
    assert set(answer) == {"verdict", "reasons", "report_uri", "metrics"}
    assert answer["report_uri"] == f"s3://{BUCKET}/reports/churn/{RUN}/evaluation.json"
    assert set(answer["metrics"]) == {"auc", "log_loss", "error", "f1", "brier"}


def test_the_report_holds_scikit_learns_numbers_whatever_the_order_of_the_output() -> None:
    records = scored()
    truth = [label["label"] == "yes" for label in labels()]
    shuffled = [records[position] for position in np.random.default_rng(1).permutation(ROWS)]
    metrics = run(shuffled)[0]["metrics"]
    probability = [record["probability"] for record in records]
    prediction = [record["prediction"] == "yes" for record in records]
    assert metrics["auc"] == pytest.approx(sk.roc_auc_score(truth, probability), abs=1e-9)
    assert metrics["error"] == pytest.approx(1.0 - sk.accuracy_score(truth, prediction), abs=1e-9)
    assert metrics["f1"] == pytest.approx(sk.f1_score(truth, prediction), abs=1e-9)
    assert metrics["log_loss"] == pytest.approx(sk.log_loss(truth, probability), abs=1e-6)


OTHER = {"yes": "no", "no": "yes"}


@pytest.mark.parametrize(
    "change",
    [
        lambda record: {"probability": 1.0 - record["probability"], "prediction": OTHER[record["prediction"]]},
        lambda record: {"probability": 1.0 - record["probability"]},
        lambda record: {"prediction": OTHER[record["prediction"]]},
    ],
    ids=["both", "only the scores", "only the predictions"],
)
def test_flipped_scores_change_report_and_verdict(change: Callable[[Record], Record]) -> None:
    before, after = run(scored()), run(flipped(scored(), change))
    assert before[0]["verdict"] == "promote"
    assert after[0]["verdict"] == "keep"
    assert after[1]["metrics"] != before[1]["metrics"]
    assert after[0]["reasons"]


def test_predictions_that_contradict_their_own_scores_are_not_promoted_by_gates_on_the_scores() -> None:
    candidate = flipped(scored(), lambda record: {"prediction": OTHER[record["prediction"]]})
    answer = run(candidate, gates={"minimum_auc": 0.7})[0]
    assert answer["verdict"] == "keep"
    assert answer["reasons"] == ["100.0% of the predictions are not the likeliest class by their own scores"]


def test_a_few_unusable_records_are_counted_and_named() -> None:
    records = scored()
    records[7] = {"row_id": "abc-7", "error": {"column": "age", "reason": "200 is above the maximum 120"}}
    del records[50]
    report = run(records)[1]
    assert report["rows"] == {"holdout": ROWS, "scored": ROWS - 2}
    assert report["findings"]["missing row"] == {"count": 1, "examples": ["abc-50"]}
    assert "above the maximum" in report["findings"]["error record"]["examples"][0]


@pytest.mark.parametrize(
    ("damage", "kind"),
    [
        (lambda records: records[:-5], "5 x missing row"),
        (lambda records: records + records[:5], "5 x duplicate row"),
        (lambda records: [*records, *({"row_id": f"zzz-{row}"} for row in range(5))], "5 x unknown row"),
        (lambda records: flipped(records, lambda _: {"error": {"reason": "no"}}), "200 x error record"),
        (lambda records: flipped(records, lambda _: {"probability": 1.5}), "200 x invalid record"),
        (lambda records: flipped(records, lambda _: {"probability": None}), "200 x invalid record"),
        (lambda records: flipped(records, lambda _: {"prediction": "maybe"}), "200 x invalid record"),
        (lambda records: [], "200 x missing row"),
    ],
)
def test_too_many_unusable_records_refuse_the_evaluation(
    damage: Callable[[list[Record]], list[Any]], kind: str
) -> None:
    with pytest.raises(EvaluationRefused, match=kind):
        run(damage(scored()))


def test_output_that_is_no_json_refuses_the_evaluation() -> None:
    contract = churn()
    known = read_labels(contract, lines(labels()))
    with pytest.raises(EvaluationRefused, match="3 x not JSON"):
        join(contract, known, [*lines(scored()), *[b"<html>"] * 3], "candidate")


def test_labels_that_contradict_themselves_refuse_the_evaluation() -> None:
    contract = churn()
    with pytest.raises(EvaluationRefused, match="the row abc-0 twice"):
        read_labels(contract, lines([*labels(), labels()[0]]))
    with pytest.raises(EvaluationRefused, match="'perhaps', which the contract does not know"):
        read_labels(contract, lines([{"row_id": "abc-1", "label": "perhaps"}]))


def test_a_missed_gate_keeps_and_names_gate_limit_and_value() -> None:
    answer, report = run(scored(noise=4.0))
    assert answer["verdict"] == "keep"
    assert any(reason.startswith("maximum_error is 0.3, and the candidate has 0.") for reason in answer["reasons"])
    assert any(not gate["passed"] for gate in report["gates"])


def test_a_small_hold_out_is_not_enough_data_however_good_the_scores() -> None:
    evaluation = {"slices": [], "minimum_holdout_rows": ROWS + 1}
    answer, report = run(scored(), evaluation=evaluation)
    assert answer["verdict"] == "not_enough_data"
    assert answer["reasons"] == [
        f"the hold-out has {ROWS} usable rows, and minimum_holdout_rows is {ROWS + 1}:"
        " upload more hold-out data, or lower the limit in the model's settings"
    ]
    assert report["metrics"]["auc"]["value"] > 0.7, "people still want to see the numbers"


def test_a_hold_out_of_one_class_is_not_enough_data() -> None:
    contract = churn()
    only = [label | {"label": "yes"} for label in labels()]
    report = Evaluation(contract, read_labels(contract, lines(only))).evaluate(lines(scored()), None)
    assert report["verdict"] == "not_enough_data"


def test_a_better_candidate_replaces_the_champion_and_a_worse_one_does_not() -> None:
    gates = {"maximum_error": 0.5, "minimum_improvement": 0.01}
    good, bad = scored(noise=0.6), scored(noise=2.5, seed=3)
    better, better_report = run(good, bad, gates=gates)
    worse, worse_report = run(bad, good, gates=gates)
    assert (better["verdict"], worse["verdict"]) == ("promote", "keep")
    assert better_report["champion"]["improvement"]["value"] == pytest.approx(
        -worse_report["champion"]["improvement"]["value"]
    )
    gained = better_report["champion"]["improvement"]
    assert 0.0 < gained["low"] <= gained["value"] <= gained["high"]
    assert "auc improves on the champion by -" in worse["reasons"][0]


def test_both_models_are_compared_on_the_rows_that_both_scored() -> None:
    candidate, champion = scored(), scored(noise=2.0, seed=3)
    del candidate[3], champion[8]
    report = run(candidate, champion)[1]
    assert report["champion"]["rows"] == ROWS - 2


def test_a_champion_that_cannot_score_todays_rows_does_not_lock_the_model() -> None:
    champion = flipped(scored(), lambda _: {"error": {"column": "plan", "reason": "not allowed"}})
    answer, report = run(scored(), champion)
    assert answer["verdict"] == "promote"
    assert not report["champion"]["compared"]
    assert "the champion's scores do not fit" in report["champion"]["reason"]


def test_slices_are_measured_apart_and_missing_values_are_a_slice() -> None:
    slices = run(scored())[1]["slices"]["plan"]
    assert {entry["value"]: entry["rows"] for entry in slices} == {"basic": 67, "plus": 67, None: 66}
    records, known = scored(), labels()
    for entry in slices:
        rows = [row for row in range(ROWS) if known[row]["slices"]["plan"] == entry["value"]]
        wrong = sum(known[row]["label"] != records[row]["prediction"] for row in rows)
        assert entry["metrics"]["error"] == pytest.approx(wrong / len(rows))


def test_a_slice_of_one_class_has_no_auc_and_stops_nothing() -> None:
    contract = churn()
    known = [label | {"slices": {"plan": "gold" if label["label"] == "yes" else "basic"}} for label in labels()]
    report = Evaluation(contract, read_labels(contract, lines(known))).evaluate(lines(scored()), None)
    assert [entry["metrics"]["auc"] for entry in report["slices"]["plan"]] == [None, None]
    assert report["verdict"] == "promote"


def test_three_classes_are_judged_by_their_own_metrics() -> None:
    contract, random = multiclass(), np.random.default_rng(2)
    names = contract.classes
    truth = random.integers(0, 3, 60)
    raw = random.random((60, 3)) + 1.5 * np.eye(3)[truth]
    shares = raw / raw.sum(axis=1, keepdims=True)
    records = [
        {"row_id": str(row), "prediction": names[share.argmax()], "probabilities": dict(zip(names, share, strict=True))}
        for row, share in enumerate(shares)
    ]
    known = [{"row_id": str(row), "label": names[label]} for row, label in enumerate(truth)]
    report = Evaluation(contract, read_labels(contract, lines(known))).evaluate(lines(records), None)
    assert report["verdict"] == "promote"
    assert report["metrics"]["macro_f1"]["value"] == pytest.approx(
        sk.f1_score(truth, shares.argmax(axis=1), average="macro")
    )


def test_a_number_is_judged_by_its_own_metrics() -> None:
    contract, random = regression(), np.random.default_rng(2)
    truth = random.normal(0, 10, 50)
    predicted = truth + random.normal(0, 2, 50)
    known = [{"row_id": str(row), "label": value} for row, value in enumerate(truth)]
    records = [{"row_id": str(row), "prediction": value} for row, value in enumerate(predicted)]
    good = Evaluation(contract, read_labels(contract, lines(known))).evaluate(lines(records), None)
    upside_down = flipped(records, lambda record: {"prediction": -record["prediction"]})
    bad = Evaluation(contract, read_labels(contract, lines(known))).evaluate(lines(upside_down), None)
    assert (good["verdict"], bad["verdict"]) == ("promote", "keep")
    assert good["metrics"]["rmse"]["value"] == pytest.approx(sk.root_mean_squared_error(truth, predicted))


@pytest.mark.parametrize("value", ["1", True, None, float("nan"), float("inf"), [1]])
def test_a_prediction_that_is_no_number_is_unusable(value: Any) -> None:
    with pytest.raises(Unusable, match="no number"):
        read_score(regression(), {"prediction": value})


def test_probabilities_that_do_not_add_up_are_unusable() -> None:
    record = {"prediction": "oak", "probabilities": {"oak": 0.5, "pine": 0.1, "yew": 0.1}}
    with pytest.raises(Unusable, match="add up to 0.7"):
        read_score(multiclass(), record)


def test_a_gate_of_another_problem_is_an_error_and_no_pass() -> None:
    with pytest.raises(ValueError, match="'minimum_r2' does not fit"):
        check_gates({"minimum_r2": 0.1}, {"auc": 0.9})


@settings(max_examples=60)
@given(st.lists(st.sampled_from(["keep", "drop", "twice", "error", "strange", "text"]), min_size=30, max_size=30))
def test_every_row_is_scored_or_counted_exactly_once(fates: list[str]) -> None:
    contract = churn()
    known = [{"row_id": f"r-{row}", "label": "yes"} for row in range(30)]
    records: list[bytes] = []
    for row, fate in enumerate(fates):
        good = {"row_id": f"r-{row}", "prediction": "yes", "probability": 0.9}
        records += {
            "keep": lines([good]),
            "drop": [],
            "twice": lines([good, good]),
            "error": lines([{"row_id": f"r-{row}", "error": {}}]),
            "strange": lines([good | {"probability": "high"}]),
            "text": [b"?"],
        }[fate]
    table: Labels = read_labels(contract, lines(known))
    counts: Mapping[str, int] = {fate: fates.count(fate) for fate in fates}
    try:
        joined = join(contract, table, records, "candidate")
    except EvaluationRefused:
        assert sum(count for fate, count in counts.items() if fate != "keep") > 0.01 * 30
        return
    assert len(joined.scores) == 30


def test_a_contract_without_slices_and_gates_is_judged_too() -> None:
    contract: Contract = churn(evaluation={"minimum_holdout_rows": 1}, gates={})
    report = Evaluation(contract, read_labels(contract, lines(labels()))).evaluate(lines(scored()), None)
    assert (report["verdict"], report["slices"], report["gates"]) == ("promote", {}, [])


def test_rows_that_one_model_did_not_score_count_for_neither() -> None:
    good, champion = scored(), scored(noise=2.0, seed=3)
    report = run(good[:-2], champion[2:])[1]

    common = slice(2, ROWS - 2)
    truth = [label["label"] == "yes" for label in labels()][common]
    ours, theirs = (
        sk.roc_auc_score(truth, [record["probability"] for record in records[common]]) for records in (good, champion)
    )
    assert report["champion"]["rows"] == ROWS - 4
    assert report["champion"]["improvement"]["value"] == pytest.approx(ours - theirs, abs=1e-9)


@pytest.mark.parametrize(("gained", "verdict"), [(0.0099, "keep"), (0.01, "promote"), (0.0101, "promote")])
def test_an_improvement_as_large_as_the_least_wanted_is_enough(gained: float, verdict: str) -> None:
    assert judge([], 0.0, gained, 0.01, "auc").verdict == verdict


@pytest.mark.parametrize(("fraction", "verdict"), [(0.01, "promote"), (0.0101, "keep")])
def test_one_prediction_in_a_hundred_may_contradict_its_scores(fraction: float, verdict: str) -> None:
    assert judge([], fraction, None, 0.0, "auc").verdict == verdict


def test_files_that_are_no_transform_output_are_not_read() -> None:
    strange = {f"evaluation/churn/{RUN}/candidate/part-0.jsonl.out.manifest": b"<html>" * 100}
    assert run(scored(), more=strange) == run(scored())
