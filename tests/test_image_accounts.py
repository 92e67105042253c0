"""The committed table of image accounts is the SageMaker SDK's."""

import subprocess

import pytest

from tests.test_layout import ROOT

SDK_PYTHON = ROOT / ".build" / "venv" / "sagemaker" / "bin" / "python"


@pytest.mark.slow
def test_the_table_of_image_accounts_is_that_of_the_sagemaker_sdk() -> None:
    assert SDK_PYTHON.exists(), "the SageMaker SDK is not installed: run `make test`, or `make images`"
    compared = subprocess.run(
        [str(SDK_PYTHON), "tools/image_accounts.py"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert compared.returncode == 0, compared.stdout + compared.stderr
