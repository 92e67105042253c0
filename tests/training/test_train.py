"""The training job's script: from channels to a model folder, or to one line that says why not."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import contract as contract_package
import training
from contract.model import Contract, Training
from tests.training.data import numbers_contract, numbers_table, rows_of_table, write_channels
from training import archive, train
from training.selection import select

PARTS = {"train": (300, 1), "validation": (150, 2)}
LINEAR_AND_BOOSTED = pytest.mark.parametrize("is_linear", [True, False], ids=["linear", "boosted"])


def job(root: Path, monkeypatch: pytest.MonkeyPatch, contract: Contract, *, is_linear: bool = True) -> Path:
    """A prepared job; returns the model folder."""
    rows = {split: rows_of_table(numbers_table(contract, *part, linear=is_linear)) for split, part in PARTS.items()}
    for name, value in write_channels(root, contract, rows).items():
        monkeypatch.setenv(name, value)
    return root / "model"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def failure(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    [line] = [line for line in capsys.readouterr().out.splitlines() if line.startswith("PLATFORM_FAILURE ")]
    return json.loads(line.removeprefix("PLATFORM_FAILURE "))


@LINEAR_AND_BOOSTED
def test_two_runs_on_the_same_data_give_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_linear: bool
) -> None:
    folders = []
    for name in ("first", "second"):
        folders.append(job(tmp_path / name, monkeypatch, numbers_contract("binary"), is_linear=is_linear))
        assert train.main([]) == 0

    assert contents(folders[0]) == contents(folders[1])


@LINEAR_AND_BOOSTED
def test_the_model_folder_holds_data_without_pickles_and_all_of_the_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_linear: bool
) -> None:
    folder = job(tmp_path, monkeypatch, numbers_contract("regression"), is_linear=is_linear)

    train.main([])

    files = contents(folder)
    model_file = "linear.json" if is_linear else "booster.ubj"
    assert {name for name in files if "/" not in name} == {
        "contract.json",
        "preprocessing.json",
        "model.json",
        model_file,
    }
    assert Contract.from_json(files["contract.json"].decode()) == numbers_contract("regression")
    code = {path.name: path for path in Path(str(training.__file__)).parent.glob("*.py")}
    code |= {f"contract/{path.name}": path for path in Path(str(contract_package.__file__)).parent.glob("*.py")}
    assert {name.removeprefix("code/") for name in files if name.startswith("code/")} == set(code)
    assert all(files[f"code/{name}"] == path.read_bytes() for name, path in code.items())
    assert {"setup.py", "inference.py", "contract/rows.py"} <= set(code)


@LINEAR_AND_BOOSTED
def test_a_loaded_model_scores_like_the_fitted_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_linear: bool
) -> None:
    contract = numbers_contract("multiclass")
    folder = job(tmp_path, monkeypatch, contract, is_linear=is_linear)
    train.main([])
    fresh = numbers_table(contract, 50, 9, linear=is_linear)
    fitted = select(contract, *(numbers_table(contract, *part, linear=is_linear) for part in PARTS.values()))

    loaded = archive.load(folder)[1]

    # The job reads its rows in another order, which may change the last digits.
    assert abs(loaded.scores(fresh) - fitted.candidate.scores(fresh)).max() < 0.05


def test_metrics_are_printed_for_the_metric_definitions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    job(tmp_path, monkeypatch, numbers_contract("binary"))

    train.main([])

    printed = capsys.readouterr().out
    for candidate in ("boosted", "linear"):
        for metric in ("auc", "error", "log_loss"):
            assert f"\n{candidate}-{metric}=0." in printed


def test_an_unknown_hyperparameter_is_named_in_the_failure_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    contract = replace(numbers_contract("binary"), training=Training(hyperparameters={"learning_rat": 1}))
    job(tmp_path, monkeypatch, contract)

    with pytest.raises(Exception, match="learning_rat"):
        train.main([])

    assert "'learning_rat', known: " in failure(capsys)["reason"]


def test_a_missing_column_is_named_with_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    contract = numbers_contract("binary")
    job(tmp_path, monkeypatch, contract)
    renamed = replace(contract, columns=(replace(contract.columns[0], name="x9"), *contract.columns[1:]))
    (tmp_path / "contract" / "0a1b2c.json").write_text(renamed.to_json())

    with pytest.raises(Exception, match="missing"):
        train.main([])

    assert failure(capsys) == {
        "file": "part-00000.snappy.parquet",
        "column": "x9",
        "reason": "the column is missing",
    }


@pytest.mark.parametrize(
    ("channel", "reason"),
    [("train", "'train' holds no rows"), ("validation", "'validation' holds no rows"), ("contract", "0 files")],
)
def test_an_empty_channel_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], channel: str, reason: str
) -> None:
    job(tmp_path, monkeypatch, numbers_contract("binary"))
    for path in (tmp_path / channel).rglob("*.*"):
        path.unlink()

    with pytest.raises(Exception, match=reason):
        train.main([])

    assert reason in failure(capsys)["reason"]


def test_a_channel_that_the_job_does_not_have_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for variable in train.FOLDERS.values():
        monkeypatch.delenv(variable, raising=False)

    with pytest.raises(Exception, match="SM_CHANNEL_TRAIN"):
        train.main([])

    assert "SM_CHANNEL_TRAIN" in failure(capsys)["reason"]


def test_hyperparameters_of_the_job_are_refused_because_the_contract_has_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(Exception, match="TOML"):
        train.main(["--eta", "0.3"])

    assert "--eta 0.3" in failure(capsys)["reason"]


def test_an_unexpected_error_has_its_line_as_well(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: object) -> None:
        raise RuntimeError("no space\nleft")

    monkeypatch.setattr(train, "train", broken)
    for variable in train.FOLDERS.values():
        monkeypatch.setenv(variable, "somewhere")

    with pytest.raises(RuntimeError):
        train.main([])

    assert failure(capsys) == {"file": None, "column": None, "reason": "RuntimeError: no space\nleft"}
