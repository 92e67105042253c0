"""The data sets that ship are complete, described, and good enough for their own gates."""

import csv
import gzip
import importlib.util
import json
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from contract.files import HEAD_BYTES, check_head
from contract.intake import read_line
from contract.model import Contract
from contract.rows import Row
from tests.contract.examples import contract_of_toml
from training import answers, archive
from training.arrays import Table, table_of_rows, target_array
from training.candidates import measure
from training.selection import select

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Sample:
    """A folder below samples/ with its model's contract."""

    folder: Path
    described: dict[str, Any]
    contract: Contract

    def files(self, role: str) -> list[bytes]:
        paths = [self.folder / name for name in self.described.get(role, [])]
        return [gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes() for path in paths]

    def rows(self) -> tuple[dict[str, list[Row]], Counter[str]]:
        """Clean rows by split, and the outcomes of all lines."""
        rows: dict[str, list[Row]] = {"train": [], "validation": [], "holdout": []}
        kinds = Counter[str]()
        for role in ("training", "holdout"):
            for content in self.files(role):
                for number, line in enumerate(content.removesuffix(b"\n").split(b"\n"), 1):
                    outcome = read_line(self.contract, line, number, role)
                    kinds[outcome.kind] += 1
                    if outcome.row is not None:
                        rows[outcome.kind].append(outcome.row)
        return rows, kinds


def load(folder: Path) -> Sample:
    described = tomllib.loads((folder / "sample.toml").read_text())
    return Sample(folder, described, contract_of_toml(ROOT / "config" / "models" / f"{described['model']}.toml"))


SAMPLES = {path.parent.name: load(path.parent) for path in sorted((ROOT / "samples").glob("*/sample.toml"))}
[FLAGSHIP] = [sample for sample in SAMPLES.values() if sample.described["flagship"]]
each_sample = pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)


@each_sample
def test_a_sample_names_its_source_and_licence(sample: Sample) -> None:
    assert sample.described["source"]
    assert sample.described["licence"]
    assert sample.described["training"]


@each_sample
def test_every_committed_file_is_described(sample: Sample) -> None:
    named = {"sample.toml", *sample.described["training"], *sample.described.get("holdout", [])}

    # What a rehearsal showed of the sample that `mlops prove` plays with.
    recording = {"rehearsed.json"} if sample.described.get("proof") else set[str]()

    assert {path.name for path in sample.folder.iterdir()} == named | recording


@each_sample
def test_every_file_passes_the_gate(sample: Sample) -> None:
    for role in ("training", "holdout"):
        for content in sample.files(role):
            head = content[:HEAD_BYTES]
            assert check_head(sample.contract, head, len(content), len(head) == len(content)) == []


@each_sample
def test_a_sample_has_an_official_holdout_exactly_where_its_model_says_so(sample: Sample) -> None:
    assert bool(sample.described.get("holdout")) == (sample.contract.split.holdout == "official")


def test_the_samples_show_all_three_kinds_of_problem() -> None:
    assert {sample.contract.problem for sample in SAMPLES.values()} == {"binary", "multiclass", "regression"}


def test_the_flagship_is_read_as_it_was_published() -> None:
    rows, kinds = FLAGSHIP.rows()

    assert len(rows["train"]) + len(rows["validation"]) == FLAGSHIP.described["expected"]["training_rows"]
    assert len(rows["holdout"]) == FLAGSHIP.described["expected"]["holdout_rows"]
    assert (kinds["quarantined"], kinds["blank"]) == (1, 2)


def test_the_exported_samples_are_what_the_library_ships() -> None:
    spec = importlib.util.spec_from_file_location("export", ROOT / "samples" / "export.py")
    assert spec and spec.loader
    export = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(export)
    exported = [sample for sample in SAMPLES.values() if sample is not FLAGSHIP]

    for sample in exported:
        [name] = sample.described["training"]
        written = getattr(export, name.replace(".", "_"))()
        assert (sample.folder / name).read_text() == written
        assert tuple(next(csv.reader(written.splitlines()))) == sample.contract.names


@pytest.mark.slow
@each_sample
def test_a_sample_reaches_its_models_gates(sample: Sample, tmp_path: Path) -> None:
    reached, count = trained_and_measured(sample, tmp_path)
    gates = sample.contract.gates

    assert count >= sample.contract.evaluation.minimum_holdout_rows
    for name, value in reached.items():
        assert value <= gates.get(f"maximum_{name}", value)
        assert value >= gates.get(f"minimum_{name}", value)
    assert {name.split("_", 1)[1] for name in gates} & set(reached)
    for name, limit in sample.described.get("expected", {}).items():
        if name.startswith("maximum_"):
            assert reached[name.removeprefix("maximum_")] <= limit
        if name.startswith("minimum_"):
            assert reached[name.removeprefix("minimum_")] >= limit


def trained_and_measured(sample: Sample, folder: Path) -> tuple[dict[str, float], int]:
    """The metrics that the platform's steps reach on the hold-out, through the saved model and the serving code."""
    contract, (rows, _) = sample.contract, sample.rows()
    tables = [table_of_rows(contract.columns, rows[split]) for split in ("train", "validation")]
    archive.save(folder, contract, select(contract, *tables))
    loaded = archive.load(folder)
    features = table_of_rows(contract.features, rows["holdout"])
    scores = loaded[1].scores(features)
    assert json.dumps(answers.predict(contract, scores))
    truth: Table = table_of_rows([contract.target_column], rows["holdout"])
    return measure(contract, target_array(contract, truth), scores), len(rows["holdout"])
