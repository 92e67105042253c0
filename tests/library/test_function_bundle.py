"""A function ships what it needs under the names that it has here, and its hash says nothing else."""

import shutil
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from config.host import host_functions
from mlops_constructs import function_bundle
from mlops_constructs.function_bundle import BundlingFailed, FunctionBundle, Target

HOST = host_functions()
TARGET = Target(python_version=HOST.python_version, package_platform=HOST.package_platform)


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Path]:
    files = {
        "lambda_src/__init__.py": "",
        "lambda_src/common/__init__.py": "",
        "lambda_src/common/settings.py": "VALUE = 1\n",
        "lambda_src/judge/__init__.py": "",
        "lambda_src/judge/handler.py": "def handle(event, context): return event\n",
        "lambda_src/judge/requirements.txt": "",
        "lambda_src/judge/requirements.lock": "",
        "lambda_src/other/__init__.py": "",
        "contract/__init__.py": "",
    }
    root = tmp_path / "repository"
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    yield root


def _bundle(root: Path, *, target: Target = TARGET) -> FunctionBundle:
    return FunctionBundle(
        root=root,
        function="lambda_src/judge",
        folders=("lambda_src/common", "contract"),
        store=root.parent / "store",
        target=target,
    )


def test_a_function_ships_its_own_package_the_common_one_and_the_contract(repository: Path, tmp_path: Path) -> None:
    _bundle(repository).write(tmp_path / "zip")
    shipped = {
        path.relative_to(tmp_path / "zip").as_posix() for path in (tmp_path / "zip").rglob("*") if path.is_file()
    }

    assert shipped == {
        "lambda_src/__init__.py",
        "lambda_src/common/__init__.py",
        "lambda_src/common/settings.py",
        "lambda_src/judge/__init__.py",
        "lambda_src/judge/handler.py",
        "contract/__init__.py",
    }


@pytest.mark.parametrize(
    "changed",
    [
        "lambda_src/judge/handler.py",
        "lambda_src/common/settings.py",
        "contract/__init__.py",
        "lambda_src/judge/requirements.lock",
    ],
)
def test_the_hash_changes_with_everything_that_is_shipped(repository: Path, changed: str) -> None:
    before = _bundle(repository).fingerprint()
    (repository / changed).write_text("# another line\n")

    assert _bundle(repository).fingerprint() != before


def test_the_hash_stays_when_something_else_changes(repository: Path) -> None:
    before = _bundle(repository).fingerprint()
    (repository / "lambda_src/other/handler.py").write_text("pass\n")
    (repository / "lambda_src/judge/requirements.txt").write_text("# the lock counts\n")
    (repository / "lambda_src/judge/__pycache__").mkdir()
    (repository / "lambda_src/judge/__pycache__/handler.pyc").write_text("")

    assert _bundle(repository).fingerprint() == before


@pytest.mark.parametrize(
    "target",
    [
        Target(python_version="3.13", package_platform=TARGET.package_platform),
        Target(python_version=TARGET.python_version, package_platform="another-platform"),
    ],
)
def test_the_hash_changes_with_what_the_bundle_is_made_for(repository: Path, target: Target) -> None:
    assert _bundle(repository, target=target).fingerprint() != _bundle(repository).fingerprint()


def test_packages_are_installed_once_and_then_need_no_installer(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _bundle(repository).write(tmp_path / "first")
    monkeypatch.setitem(sys.modules, "uv", None)
    _bundle(repository).write(tmp_path / "second")

    assert (tmp_path / "second" / "lambda_src").is_dir()


def test_two_synths_that_install_at_once_do_not_disturb_each_other(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install, both = function_bundle._install, threading.Barrier(2)

    def installed_by_both(lock: Path, folder: Path, target: Target) -> None:
        install(lock, folder, target)
        folder.mkdir(exist_ok=True)
        (folder / "package.py").write_text("")
        both.wait(60)

    monkeypatch.setattr(function_bundle, "_install", installed_by_both)
    folders = [tmp_path / "first", tmp_path / "second"]
    with ThreadPoolExecutor(2) as synths:
        list(synths.map(lambda folder: _bundle(repository).write(folder), folders))

    first, second = ({path.relative_to(folder) for path in folder.rglob("*")} for folder in folders)
    assert first == second
    assert len(list((tmp_path / "store").iterdir())) == 1


def test_a_lock_that_cannot_be_installed_is_told_in_the_installers_words(repository: Path, tmp_path: Path) -> None:
    (repository / "lambda_src/judge/requirements.lock").write_text("no-hash==1.0\n")

    with pytest.raises(BundlingFailed, match=r"requirements\.lock: the packages for .* cannot be had\n.*hash"):
        _bundle(repository).write(tmp_path / "zip")
    assert not [path for path in (tmp_path / "store").iterdir() if path.is_dir()]


def test_writing_into_a_bundle_does_not_reach_the_stored_packages(repository: Path, tmp_path: Path) -> None:
    """Stored files are linked, so sources of ours must never be written through a link."""
    bundle = _bundle(repository)
    bundle.write(tmp_path / "first")
    shutil.rmtree(tmp_path / "first")
    bundle.write(tmp_path / "second")

    assert (tmp_path / "second" / "lambda_src/judge/handler.py").stat().st_nlink == 1
