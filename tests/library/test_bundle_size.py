"""Lambda takes 250 MB unzipped; a bundle that nears it would fail only when it is deployed."""

from pathlib import Path

import pytest

from config.environments import PROD
from mlops_constructs.function_bundle import FunctionBundle, Target
from mlops_constructs.function_family import SHARED
from tests.synth import ROOT

LIMIT_MIB = 235
FUNCTIONS = sorted(path.parent.name for path in (ROOT / "lambda_src").glob("*/handler.py"))


@pytest.mark.slow  # the first time, packages for another CPU are fetched
@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_fits_into_lambda_with_room_to_spare(name: str, tmp_path: Path) -> None:
    bundle = FunctionBundle(
        root=ROOT,
        function=f"lambda_src/{name}",
        folders=SHARED,
        store=ROOT / "cdk.build" / "packages",
        target=Target(python_version=PROD.functions.python_version, package_platform=PROD.functions.package_platform),
    )
    bundle.write(tmp_path)
    size = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())

    assert size <= LIMIT_MIB * 2**20


def test_every_function_has_a_lock_with_hashes_to_be_bundled_from() -> None:
    assert len(FUNCTIONS) == 8
    for name in FUNCTIONS:
        lock = (ROOT / "lambda_src" / name / "requirements.lock").read_text()
        assert "--hash=sha256:" in lock, name
