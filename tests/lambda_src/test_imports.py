"""Imports of a function are what its bundle and the runtime bring: nothing works only because of a full laptop."""

import ast
import re
import sys
from pathlib import Path

import pytest

from tests.lambda_src.actions import ACTIONS

ROOT = Path(__file__).resolve().parents[2]
FUNCTIONS = sorted(path.parent.name for path in (ROOT / "lambda_src").glob("*/handler.py"))
# The AWS runtime for Python brings these; everything else comes from the function's own requirements.
RUNTIME = {"boto3", "botocore"}
MODULES = {"aws-lambda-powertools": "aws_lambda_powertools"}
PIN = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>[0-9][0-9a-z.]*)")
HEAVY = {"validate_data": {"polars"}, "evaluate_model": {"numpy"}}


def requirements(function: str) -> dict[str, str]:
    """Name and version of every line; anything but an exact pin is an error."""
    lines = (ROOT / "lambda_src" / function / "requirements.txt").read_text().splitlines()
    pins = [PIN.fullmatch(line) for line in lines]
    assert all(pins), f"{function}: every requirement is an exact pin"
    return {pin["name"]: pin["version"] for pin in pins if pin}


def shipped_files(function: str) -> list[Path]:
    """The files of our own in the function's bundle."""
    folders = [ROOT / "lambda_src" / function, ROOT / "lambda_src" / "common", ROOT / "contract"]
    return [ROOT / "lambda_src" / "__init__.py", *(path for folder in folders for path in folder.rglob("*.py"))]


def imported(path: Path) -> set[str]:
    """Every module a file imports, wherever in it, by its dotted name."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: a relative import"
            names.add(node.module or "")
    return names


def test_there_are_eight_functions() -> None:
    assert set(FUNCTIONS) == set(ACTIONS)
    assert len(FUNCTIONS) == 8


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_import_is_covered_by_the_functions_own_requirements(function: str) -> None:
    third_party = {MODULES.get(name, name) for name in requirements(function)}
    allowed = third_party | RUNTIME | set(sys.stdlib_module_names) | {"contract", "lambda_src"}
    for path in shipped_files(function):
        undeclared = {name for name in imported(path) if name.partition(".")[0] not in allowed}
        assert not undeclared, f"{path.relative_to(ROOT)} imports {undeclared}"


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_function_imports_another(function: str) -> None:
    own = (f"lambda_src.{function}", "lambda_src.common")
    for path in (ROOT / "lambda_src" / function).rglob("*.py"):
        foreign = {name for name in imported(path) if name.startswith("lambda_src.") and not name.startswith(own)}
        assert not foreign, f"{path.relative_to(ROOT)} imports {foreign}"


def test_what_every_function_ships_needs_only_what_every_function_has() -> None:
    allowed = {"aws_lambda_powertools", "contract", "lambda_src"} | RUNTIME | set(sys.stdlib_module_names)
    for path in (ROOT / "lambda_src" / "common").rglob("*.py"):
        foreign = {name for name in imported(path) if name.partition(".")[0] not in allowed}
        assert not foreign, f"{path.relative_to(ROOT)} imports {foreign}"
        assert not {name for name in imported(path) if name.startswith("lambda_src.")} - {
            f"lambda_src.common.{other.stem}" for other in (ROOT / "lambda_src" / "common").glob("*.py")
        }


@pytest.mark.parametrize("function", FUNCTIONS)
def test_large_libraries_are_only_where_they_are_needed(function: str) -> None:
    assert set(requirements(function)) - {"aws-lambda-powertools"} == HEAVY.get(function, set())


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_lock_holds_the_requirements_with_hashes_and_no_addresses(function: str) -> None:
    text = (ROOT / "lambda_src" / function / "requirements.lock").read_text()
    locked = {found["name"]: found["version"] for found in re.finditer(rf"(?m)^{PIN.pattern}", text)}
    assert requirements(function).items() <= locked.items()
    blocks = re.split(r"(?m)^(?=[a-z0-9-]+==)", text)[1:]
    assert all("--hash=sha256:" in block for block in blocks)
    assert "://" not in text
    assert "--index" not in text
    assert not set(locked) & RUNTIME, "the runtime's botocore must not be hidden by another one"


def test_the_same_library_has_the_same_version_everywhere() -> None:
    versions: dict[str, set[str]] = {}
    for function in FUNCTIONS:
        for name, version in requirements(function).items():
            versions.setdefault(name, set()).add(version)
    assert all(len(found) == 1 for found in versions.values()), versions
