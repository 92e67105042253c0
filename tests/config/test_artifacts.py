"""Artifacts are made of the sources alone: the same sources, the same bytes, whoever makes them and whenever."""

import io
import os
import tarfile
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.artifacts import tarred, write_artifacts, zipped
from config.models import load_models
from tests.synth import MODELS, ROOT

FILES = st.dictionaries(st.from_regex(r"[a-z]{1,8}/[a-z]{1,8}\.py", fullmatch=True), st.binary(max_size=50), max_size=5)


@given(FILES)
def test_the_order_of_the_files_does_not_matter(files: dict[str, bytes]) -> None:
    other_order = dict(reversed(files.items()))

    assert zipped(files) == zipped(other_order)
    assert tarred(files) == tarred(other_order)


@given(FILES)
def test_an_archive_holds_what_was_put_in(files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(zipped(files))) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == files
    with tarfile.open(fileobj=io.BytesIO(tarred(files)), mode="r:gz") as archive:
        assert {member.name: archive.extractfile(member).read() for member in archive} == files  # type: ignore[union-attr]


def _written(root: Path, folder: Path) -> dict[str, bytes]:
    write_artifacts(root, folder, load_models(MODELS))
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_neither_time_nor_place_changes_a_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "copy"
    for package in ("contract", "training"):
        for path in (ROOT / package).rglob("*.py"):
            target = copy / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
            os.utime(target, (0, 0))
    first = _written(ROOT, tmp_path / "first")
    monkeypatch.setattr(time, "time", lambda: 1.0)

    assert _written(copy, tmp_path / "second") == first


def test_there_are_the_contracts_the_package_for_glue_and_the_code_for_the_image(tmp_path: Path) -> None:
    assert set(_written(ROOT, tmp_path)) == {
        "contracts.zip",
        "contract.zip",
        "sourcedir.tar.gz",
    }


def test_the_archive_of_contracts_holds_one_per_model(tmp_path: Path) -> None:
    models = load_models(MODELS)
    with zipfile.ZipFile(write_artifacts(ROOT, tmp_path, models).contracts) as archive:
        found = {name: archive.read(name).decode() for name in archive.namelist()}

    assert found == {f"{model.name}.json": model.contract_json() for model in models}


def test_the_training_code_has_its_modules_at_the_root_and_the_contract_beside_them(tmp_path: Path) -> None:
    artifacts = write_artifacts(ROOT, tmp_path, load_models(MODELS))
    with tarfile.open(artifacts.training_code, "r:gz") as archive:
        names = set(archive.getnames())

    assert {"train.py", "inference.py", "setup.py", "contract/model.py"} <= names
    assert names == {path.name for path in (ROOT / "training").glob("*.py")} | {
        f"contract/{path.name}" for path in (ROOT / "contract").glob("*.py")
    }


def test_a_file_that_is_right_already_is_not_touched(tmp_path: Path) -> None:
    models = load_models(MODELS)
    first = write_artifacts(ROOT, tmp_path, models).training_code.stat().st_mtime_ns

    assert write_artifacts(ROOT, tmp_path, models).training_code.stat().st_mtime_ns == first
