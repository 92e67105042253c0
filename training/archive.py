"""The files of a model. Equal models are equal bytes, so nothing here knows the time or a random name."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import contract
import training
from contract.model import Contract
from training.boosted import Boosted
from training.errors import TrainingError
from training.linear import Linear
from training.preprocessing import Preprocessing
from training.selection import Selected

CONTRACT, PREPROCESSING, MODEL = "contract.json", "preprocessing.json", "model.json"


def save(folder: Path, model_contract: Contract, selected: Selected) -> None:
    """Write what serving needs, its code included."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / CONTRACT).write_text(model_contract.to_json())
    _write_json(folder / PREPROCESSING, selected.candidate.preprocessing.to_json())
    _write_json(folder / MODEL, selected.summary)
    selected.candidate.save(folder)
    _copy_code(folder / "code")


def load(folder: Path) -> tuple[Contract, Boosted | Linear]:
    """The contract and the fitted candidate of a model folder."""
    model_contract = Contract.from_json((folder / CONTRACT).read_text())
    preprocessing = Preprocessing.from_json(json.loads((folder / PREPROCESSING).read_text()))
    kind = json.loads((folder / MODEL).read_text())["kind"]
    if kind == "boosted":
        return model_contract, Boosted.load(folder, preprocessing)
    return model_contract, Linear.load(folder, model_contract.problem, preprocessing)


def _copy_code(target: Path) -> None:
    """The layout that setup.py expects: our modules at the root, the contract package beside them."""
    for package, folder in ((training, target), (contract, target / "contract")):
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(Path(str(package.__file__)).parent.glob("*.py")):
            shutil.copyfile(path, folder / path.name)
    for name in ("setup.py", "inference.py"):
        if not (target / name).exists():
            raise TrainingError(f"{name} is not among the installed training code: serving could not start", file=name)


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, sort_keys=True, indent=1))
