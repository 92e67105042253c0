"""Small samples need gates of their size: with the default ones there is nothing to judge."""

import json
import tomllib
from pathlib import Path

import pytest

from config.models import load_models
from contract.model import Contract
from contract.rows import Row
from lambda_src.evaluate_model.evaluation import Evaluation
from lambda_src.evaluate_model.labels import read_labels
from tests.samples.test_samples import ROOT, SAMPLES, Sample

SMALL = [sample for sample in SAMPLES.values() if not sample.described["flagship"]]


def with_default_gates(sample: Sample, folder: Path) -> Contract:
    """The sample's contract as it would be had its author written neither [gates] nor [evaluation]."""
    name = sample.described["model"]
    kept, inside = [], True
    for line in (ROOT / "config" / "models" / f"{name}.toml").read_text().splitlines():
        if line.startswith("["):
            inside = not line.startswith(("[gates]", "[evaluation]"))
        kept += [line] if inside else []
    (folder / f"{name}.toml").write_text("\n".join(kept))
    [model] = load_models(folder)
    return Contract.from_json(model.contract_json())


def perfect_scores(contract: Contract, rows: list[Row]) -> list[bytes]:
    """The transform's output of a model that knows everything."""
    records = []
    for number, row in enumerate(rows):
        truth = row[contract.target]
        record = {"row_id": str(number), "prediction": truth}
        if contract.classes:
            record["probabilities"] = {name: float(name == truth) for name in contract.classes}
        records.append(json.dumps(record).encode())
    return records


@pytest.mark.parametrize("sample", SMALL, ids=lambda sample: sample.folder.name)
def test_a_small_sample_is_not_enough_data_for_the_default_gates(sample: Sample, tmp_path: Path) -> None:
    contract = with_default_gates(sample, tmp_path)
    rows = [row for rows in sample.rows()[0].values() for row in rows]
    labels = [json.dumps({"row_id": str(number), "label": row[contract.target]}) for number, row in enumerate(rows)]
    written = tomllib.loads((tmp_path / f"{contract.model}.toml").read_text())

    report = Evaluation(contract, read_labels(contract, [line.encode() for line in labels])).evaluate(
        perfect_scores(contract, rows), None
    )

    assert "gates" not in written
    assert report["rows"] == {"holdout": len(rows), "scored": len(rows)}
    assert report["verdict"] == "not_enough_data"
