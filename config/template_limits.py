"""Limits of CloudFormation for one template. The CDK only warns, and the deployment fails.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

LIMITS: Final = {"bytes": 1_000_000, "resources": 500, "outputs": 200, "parameters": 200, "mappings": 200}
# By stack, by what is counted.
Sizes = Mapping[str, Mapping[str, int]]


class TemplateTooLarge(ValueError):
    """Templates that CloudFormation would refuse; every line of the message is about one stack and one limit."""


def measure(folder: Path) -> Sizes:
    """The sizes of all templates of an assembly, as they were written."""
    return {file.name.removesuffix(".template.json"): _measure(file) for file in sorted(folder.glob("*.template.json"))}


def _measure(file: Path) -> dict[str, int]:
    text = file.read_bytes()
    template = json.loads(text)
    sections = {what: len(template.get(what.capitalize(), {})) for what in LIMITS if what != "bytes"}
    return {"bytes": len(text), **sections}


def beyond(sizes: Sizes) -> list[tuple[str, str]]:
    """The stacks that are too large, and in what."""
    return [(stack, what) for stack, found in sizes.items() for what, size in found.items() if size > LIMITS[what]]


def refusal(sizes: Sizes, models: int, with_one: Sizes) -> str:
    """One line for each limit. What all models take beside the first is shared out evenly, to say how many fit."""
    lines = []
    for stack, what in beyond(sizes):
        size, first, limit = sizes[stack][what], with_one[stack][what], LIMITS[what]
        fit = 1 + (limit - first) * (models - 1) // (size - first) if first <= limit else 0
        lines.append(
            f"{stack}: the template has {size:,} {what} with {models} models; CloudFormation takes {limit:,}, "
            f"so about {fit} of these models fit: put the others into a platform of their own"
        )
    return "\n".join(lines)
