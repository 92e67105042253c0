"""The code folder is flat, its root comes first on the image's path: no name may hide somebody else's."""

import sys
from pathlib import Path

import training

FOLDER = Path(str(training.__file__)).parent
# Packages of the image, or ones that those look for, with a short name.
TAKEN = {"requests", "tables", "utils", "flask", "six", "xgboost", "wheel", "retrying", "certifi", "idna", "contract"}


def test_no_module_hides_one_of_python_or_of_the_image() -> None:
    names = {path.stem for path in FOLDER.glob("*.py")} - {"__init__", "setup"}

    assert names & (set(sys.stdlib_module_names) | TAKEN) == set()


def test_the_folder_is_flat_and_holds_modules_only() -> None:
    assert [path.name for path in FOLDER.iterdir() if path.suffix != ".py" and path.name != "__pycache__"] == []


def test_the_entry_points_and_the_setup_file_have_the_names_that_the_image_is_told() -> None:
    assert {"train.py", "inference.py", "setup.py"} <= {path.name for path in FOLDER.iterdir()}
