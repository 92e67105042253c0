"""The image's training entry point in script mode: the toolkit installs the user's code and runs it as a module."""

from __future__ import annotations

import logging
import sys
from typing import Any

import sagemaker_containers.beta.framework as framework  # pyright: ignore[reportMissingImports]

logger = logging.getLogger(__name__)


def main() -> None:
    """Run as SAGEMAKER_TRAINING_MODULE, and end the process's entry point the way the image does."""
    train(framework.training_env())
    sys.exit(0)


def train(environment: Any) -> None:
    """Run the user's module; without one the image would train its built-in algorithm, which is not played here."""
    if environment.user_entry_point is None:
        raise NotImplementedError("the rehearsal plays script mode only: set the hyperparameter sagemaker_program")
    logger.info("Invoking user training script.")
    framework.modules.run_module(
        environment.module_dir,
        environment.to_cmd_args(),
        environment.to_env_vars(),
        environment.module_name,
        capture_error=False,
    )
