"""The synthesized templates of a stage, as the CDK command line would deploy them."""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from commands.errors import Exit, Refused
from commands.rehearsed import ROOT
from commands.session import Session
from contract.run import models_path

SYNTH_DEADLINE_SECONDS = 600


@dataclass(frozen=True)
class Resource:
    """One resource of a template."""

    stack: str
    logical_id: str
    type: str
    properties: Mapping[str, Any]
    deletion_policy: str


class Assembly:
    """A folder of templates."""

    def __init__(self, folder: Path, prefix: str) -> None:
        self.folder = folder
        self.prefix = prefix
        if not self.templates:
            raise Refused(f"{folder} holds no template of {prefix}: `make synth STAGE=...` writes them", Exit.NOT_FOUND)

    @cached_property
    def templates(self) -> dict[str, dict[str, Any]]:
        """By stack name."""
        end = ".template.json"
        return {
            path.name.removesuffix(end): json.loads(path.read_text())
            for path in sorted(self.folder.glob(f"{self.prefix}-*{end}"))
        }

    @cached_property
    def resources(self) -> list[Resource]:
        return [
            Resource(stack, name, body["Type"], body.get("Properties", {}), body.get("DeletionPolicy", "Delete"))
            for stack, template in self.templates.items()
            for name, body in template["Resources"].items()
        ]

    def of(self, resource_type: str) -> list[Resource]:
        """The resources of one type."""
        return [resource for resource in self.resources if resource.type == resource_type]

    @property
    def models(self) -> list[str]:
        """The models of the stage, by the parameters that hold their settings."""
        return sorted(self.settings)

    @cached_property
    def settings(self) -> dict[str, dict[str, Any]]:
        """The settings of each model."""
        path = f"{models_path(self.prefix)}/"
        return {
            str(each.properties["Name"]).removeprefix(path): json.loads(each.properties["Value"])
            for each in self.of("AWS::SSM::Parameter")
            if str(each.properties.get("Name", "")).startswith(path)
        }

    @property
    def image_regions(self) -> frozenset[str]:
        """The regions in which AWS keeps the training image."""
        mappings = self.templates[f"{self.prefix}-step-functions"].get("Mappings", {})
        return frozenset(region for table in mappings.values() for region in table)

    def definition(self, kind: str) -> dict[str, Any]:
        """The definition of one of the machines; what is only known later is a placeholder in its texts."""
        for machine in self.of("AWS::StepFunctions::StateMachine"):
            if machine.properties["StateMachineName"] == f"{self.prefix}-{kind}":
                return json.loads(machine.properties["DefinitionString"])
        raise Refused(f"the templates hold no {kind} machine", Exit.NOT_FOUND)


@contextmanager
def assembly_of(session: Session, folder: Path | None) -> Iterator[Assembly]:
    """The given templates, or fresh ones in a folder that is removed afterwards."""
    if folder is not None:
        yield Assembly(folder, session.prefix)
        return
    with tempfile.TemporaryDirectory(prefix="mlops-assembly-") as made:
        with session.screen.status(f"synthesizing the templates of stage {session.stage}"):
            _synthesize(session.stage, Path(made))
        yield Assembly(Path(made), session.prefix)


def _synthesize(stage: str, folder: Path) -> None:
    command = ["make", "--silent", "synth", f"STAGE={stage}", f"OUTPUT={folder}"]
    environment = {**os.environ, "CI": "1"}
    try:
        ended = subprocess.run(
            command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SYNTH_DEADLINE_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise Refused(f"`{' '.join(command)}` has not ended within {SYNTH_DEADLINE_SECONDS} s") from None
    if ended.returncode != 0:
        raise Refused(f"the templates cannot be written: {_why(ended.stderr or ended.stdout)}")


def _why(output: str) -> str:
    """The line that says it; the lines of make and of the CDK around it say only that something failed."""
    lines = [line for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith(("make", "Subprocess", "[Error"))]
    return (telling or lines or ["`make synth` says nothing"])[0]
