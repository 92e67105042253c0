"""Entry point of the training job: the image runs `python -m train`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from contract.model import Contract
from training import archive
from training.arrays import table_of_channel
from training.errors import TrainingError, failure_line
from training.selection import select

FOLDERS = {
    "--train": "SM_CHANNEL_TRAIN",
    "--validation": "SM_CHANNEL_VALIDATION",
    "--contract": "SM_CHANNEL_CONTRACT",
    "--model-dir": "SM_MODEL_DIR",
}


def main(argv: Sequence[str]) -> int:
    """Train, or say in one line why not."""
    try:
        train(parse_arguments(argv))
    except Exception as error:
        print(failure_line(error), flush=True)
        raise
    return 0


def train(arguments: argparse.Namespace) -> None:
    """From the channels to the model folder."""
    contract = read_contract(arguments.contract)
    train_rows = table_of_channel(contract, arguments.train)
    validation_rows = table_of_channel(contract, arguments.validation)
    print(
        f"{contract.model}: {train_rows.row_count} rows to train, {validation_rows.row_count} to validate", flush=True
    )
    selected = select(contract, train_rows, validation_rows)
    for name, metrics in selected.summary["validation"].items():
        # One metric per line, in the form that the job's metric definitions look for.
        for metric, value in metrics.items():
            print(f"{name}-{metric}={value:.6f};", flush=True)
    archive.save(arguments.model_dir, contract, selected)
    print(f"{contract.model}: the {selected.summary['kind']} candidate was saved", flush=True)


def read_contract(folder: Path) -> Contract:
    """The one JSON file of the contract channel."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if len(files) != 1:
        raise TrainingError(f"the contract channel holds {len(files)} files, one is expected", file=str(folder))
    return Contract.from_json(files[0].read_text())


def parse_arguments(argv: Sequence[str]) -> argparse.Namespace:
    """The image names all folders in its environment; everything else stands in the contract."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for option, variable in FOLDERS.items():
        parser.add_argument(option, type=Path, default=os.environ.get(variable))
    arguments, unknown = parser.parse_known_args(argv)
    if unknown:
        raise TrainingError(f"hyperparameters belong into the model's TOML file, not into the job: {' '.join(unknown)}")
    for option, variable in FOLDERS.items():
        if getattr(arguments, option.removeprefix("--").replace("-", "_")) is None:
            raise TrainingError(f"the job has no {variable}: give it the channel")
    return arguments


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
