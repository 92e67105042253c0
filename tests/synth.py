"""The platform with invented models, synthesized once per stage for the whole suite."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import aws_cdk as cdk

from app import build_app

ROOT: Final = Path(__file__).resolve().parents[1]
MODELS: Final = Path(__file__).resolve().parent / "models"
MODULES: Final = ("network", "iam", "storage", "glue", "lambda", "sagemaker", "step-functions", "monitoring")
# Bundles take time and network; their hashes are known without them.
WITHOUT_BUNDLES: Final = {"aws:cdk:bundling-stacks": []}
_FOLDERS: Final[list[TemporaryDirectory[str]]] = []


@dataclass(frozen=True)
class Resource:
    """One resource of one template."""

    module: str
    logical_id: str
    body: Mapping[str, Any]

    @property
    def type(self) -> str:
        return self.body["Type"]

    @property
    def properties(self) -> Mapping[str, Any]:
        return self.body.get("Properties", {})

    @property
    def depends_on(self) -> Sequence[str]:
        return self.body.get("DependsOn", [])


@dataclass(frozen=True)
class Assembly:
    """The cloud assembly of one stage."""

    stage: str
    folder: Path
    name: str = "mlops"

    def template(self, module: str) -> dict[str, Any]:
        """The template of one stack."""
        return json.loads((self.folder / f"{self.name}-{self.stage}-{module}.template.json").read_text())

    def resources(self, *types: str, modules: Sequence[str] = MODULES) -> list[Resource]:
        """The resources of some types, or all."""
        return [resource for resource in self._resources(modules) if not types or resource.type in types]

    def _resources(self, modules: Sequence[str]) -> Iterator[Resource]:
        for module in modules:
            for logical_id, body in self.template(module)["Resources"].items():
                yield Resource(module, logical_id, body)

    @property
    def manifest(self) -> dict[str, Any]:
        return json.loads((self.folder / "manifest.json").read_text())


def new_folder() -> Path:
    """A folder that lives as long as the test session."""
    folder = TemporaryDirectory(prefix="mlops-synth-")
    _FOLDERS.append(folder)
    return Path(folder.name)


@cache
def assembly(stage: str) -> Assembly:
    """The assembly of a stage, as the command line would make it."""
    folder = new_folder() / "cdk.out"
    # The library's validator costs seconds in every process: once is enough.
    app_of(stage, folder, validate=stage == "prod").synth()
    return Assembly(stage, folder)


def app_of(stage: str, outdir: Path, *, validate: bool = False) -> cdk.App:
    """The app with the invented models."""
    return build_app(
        outdir=outdir,
        context={"stage": stage, **WITHOUT_BUNDLES},
        models=MODELS,
        build=outdir.parent / "build",
        validate=validate,
    )
