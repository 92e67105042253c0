"""Reads a cloud assembly: its stacks, what their resources are called, and what they take from each other."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

STACK = "aws:cloudformation:stack"
LOGICAL_ID = "aws:cdk:logicalId"
MODEL, STAGE = "<model>", "<stage>"


@dataclass(frozen=True)
class Stack:
    """One template, and the construct that stands behind each logical id."""

    module: str
    template: Mapping[str, Any]
    names: Mapping[str, str]
    needs: tuple[str, ...]

    @property
    def resources(self) -> Mapping[str, Mapping[str, Any]]:
        return self.template["Resources"]

    @property
    def outputs(self) -> Mapping[str, Mapping[str, Any]]:
        return self.template.get("Outputs", {})


@dataclass(frozen=True)
class Platform:
    """The assembly of one stage. One model stands for all: a test elsewhere holds that they differ in values only."""

    folder: Path
    stage: str
    shown_model: str
    other_models: tuple[str, ...]

    @property
    def prefix(self) -> str:
        return f"mlops-{self.stage}"

    @cached_property
    def stacks(self) -> Mapping[str, Stack]:
        """By module, in the order in which app.py makes them."""
        artifacts = json.loads((self.folder / "manifest.json").read_text())["artifacts"]
        names = [name for name, artifact in artifacts.items() if artifact["type"] == STACK]
        return {
            self._module(name): Stack(
                self._module(name),
                json.loads((self.folder / f"{name}.template.json").read_text()),
                _construct_names(json.loads((self.folder / f"{name}.metadata.json").read_text())),
                tuple(self._module(needed) for needed in names if needed in artifacts[name].get("dependencies", [])),
            )
            for name in names
        }

    def _module(self, stack_name: str) -> str:
        return stack_name.removeprefix(f"{self.prefix}-")

    def resources(self, module: str, *types: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Name and body of each resource of a stack that is not another model's."""
        stack = self.stacks[module]
        for logical_id, body in stack.resources.items():
            name = stack.names[logical_id]
            if not self.is_of_another_model(name) and (not types or body["Type"] in types):
                yield self.general(name), body

    def output(self, stack_name: str, output_name: str) -> tuple[str, Any]:
        """The module and the value behind an output."""
        module = self._module(stack_name)
        return module, self.stacks[module].outputs[output_name]["Value"]

    def export(self, export_name: str) -> tuple[str, Any]:
        """The same for a strong reference, which knows the exported name only."""
        for module, stack in self.stacks.items():
            for output in stack.outputs.values():
                if output.get("Export", {}).get("Name") == export_name:
                    return module, output["Value"]
        raise KeyError(f"no stack exports {export_name}")

    def is_of_another_model(self, text: str) -> bool:
        """Tell whether a text names a model that is not shown."""
        return any(spelling in text for model in self.other_models for spelling in _spellings(model))

    @cached_property
    def _unique_name(self) -> re.Pattern[str]:
        """A name that CDK makes unique with the stack's name before it and a hash behind it."""
        modules = "|".join(module.replace("-", "") for module in self.stacks)
        return re.compile(rf"mlops{self.stage}(?:{modules})(\w+?)[0-9A-F]{{8}}")

    def general(self, text: str) -> str:
        """The text for any stage and any model."""
        text = self._unique_name.sub(r"\1", text)
        for stage, general in ((self.prefix, f"mlops-{STAGE}"), (self.prefix.replace("-", "_"), f"mlops_{STAGE}")):
            text = text.replace(stage, general)
        for spelling in _spellings(self.shown_model):
            text = text.replace(spelling, "<Model>" if spelling[0].isupper() else MODEL)
        return text


def _spellings(model: str) -> tuple[str, ...]:
    return model, model.replace("-", "_"), "".join(part.capitalize() for part in model.split("-"))


def _construct_names(metadata: Mapping[str, list[Mapping[str, Any]]]) -> dict[str, str]:
    """Logical ids end in hashes; people know the path in the code."""
    return {
        entry["data"]: _short(path)
        for path, entries in metadata.items()
        for entry in entries
        if entry["type"] == LOGICAL_ID
    }


def _short(path: str) -> str:
    parts = path.split("/")[2:]
    while len(parts) > 1 and parts[-1] in ("Resource", "Default"):
        parts.pop()
    return "/".join(parts)
