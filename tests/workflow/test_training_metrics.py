"""SageMaker finds in the job's log what the training code prints about both candidates."""

import json
from pathlib import Path

import pytest

from mlops_constructs.workflow.training_metrics import definitions
from rehearsal.emulator.sagemaker import metrics
from tests.training.data import numbers_contract, numbers_table, rows_of_table, write_channels
from tests.workflow.test_calls import CALLS
from training import train

PARTS = {"train": (300, 1), "validation": (150, 2)}


@pytest.mark.parametrize("problem", ["binary", "multiclass", "regression"])
def test_every_metric_that_is_printed_has_a_definition_that_finds_it(
    problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    contract = numbers_contract(problem)
    rows = {split: rows_of_table(numbers_table(contract, *part, linear=True)) for split, part in PARTS.items()}
    for name, value in write_channels(tmp_path, contract, rows).items():
        monkeypatch.setenv(name, value)
    assert train.main([]) == 0
    log = capsys.readouterr().out
    reached = json.loads((tmp_path / "model" / "model.json").read_text())["validation"]

    found = {each["Name"]: [one["Value"] for one in metrics.of_log(each, log)] for each in definitions(problem)}

    assert found == {
        f"{candidate}-{metric}": [pytest.approx(value)]
        for candidate, values in reached.items()
        for metric, value in values.items()
    }


def test_the_training_job_is_given_the_definitions_of_its_problem() -> None:
    assert CALLS["training.TrainModel"]["AlgorithmSpecification"]["MetricDefinitions"] == definitions("binary")
