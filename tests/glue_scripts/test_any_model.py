"""A model is its TOML file and its data: any contract goes from a file to predictions without a line of code."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.model import Contract
from tests.glue_scripts.models import contracts, file_of
from tests.glue_scripts.runs import Bucket
from training import inference, train

pytestmark = pytest.mark.slow


@settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(contracts(), st.integers(0, 99))
def test_any_contract_and_file_end_in_predictions(
    spark: Any, tmp_path_factory: pytest.TempPathFactory, contract: Contract, seed: int
) -> None:
    contract = Contract.from_json(contract.to_json())
    bucket = Bucket(tmp_path_factory.mktemp("any"), contract)
    content, junk = file_of(contract, 200, seed)
    bucket.upload("any file.csv", content)

    report = bucket.prepare(spark)
    model = trained(bucket)
    body = "\n".join(json.dumps(record) for record in bucket.json_lines("evaluation", "features"))
    answers: Any = inference.predict_fn(inference.input_fn(body.encode(), "application/jsonlines"), model)

    assert (report["clean"], report["quarantined"]) == (200, junk)
    labels = {record["row_id"]: record["label"] for record in bucket.json_lines("evaluation", "labels")}
    assert {answer["row_id"] for answer in answers} == set(labels)
    assert len(labels) == report["holdout"] > 0
    right = [good(contract, answer["prediction"], labels[answer["row_id"]]) for answer in answers]
    assert sum(right) > 0.8 * len(right)


def good(contract: Contract, prediction: Any, label: Any) -> bool:
    return abs(prediction - label) < 300 if contract.problem == "regression" else prediction == label


def trained(bucket: Bucket) -> inference.Model:
    """The training job on what the ETL wrote, with the channels that the manifests name."""
    root: Path = bucket.root / "job"
    for split in ("train", "validation"):
        for path in (bucket.root / "clean").rglob(f"split={split}/*.parquet"):
            copy = root / split / path.relative_to(bucket.root / "clean" / bucket.contract.model)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    (root / "contract").mkdir()
    (root / "contract" / "c0.json").write_text(bucket.contract.to_json())
    folders = {name: str(root / name) for name in ("train", "validation", "contract", "model-dir")}
    assert train.main([argument for name, folder in folders.items() for argument in (f"--{name}", folder)]) == 0
    return inference.model_fn(folders["model-dir"])
