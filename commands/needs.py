"""Instances that a stage will ask for, read from its state machines. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from commands.assembly import Assembly
from commands.platform import DEPLOYMENT, TRAINING

SETTING = re.compile(r"\{% \$settings\.(\w+) %\}")


@dataclass(frozen=True)
class Instances:
    """So many instances of a type, for one purpose, in the words of SageMaker's quotas."""

    model: str
    purpose: str
    """training job, transform job or endpoint."""
    type: str
    count: int

    @property
    def quota(self) -> str:
        """The name of the quota that limits them."""
        return f"{self.type} for {self.purpose} usage"


def instances_of(assembly: Assembly, model: str) -> list[Instances]:
    """The instances that one run and one deployment of a model start."""
    definitions, settings = (assembly.definition(TRAINING), assembly.definition(DEPLOYMENT)), assembly.settings[model]
    found = [
        instances
        for definition in definitions
        for state in states_of(definition)
        for instances in _of(model, settings, state)
    ]
    return list(dict.fromkeys(found))


def states_of(definition: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """All states, those inside loops and branches included."""
    for state in definition["States"].values():
        yield state
        inner = [*state.get("Branches", []), *([state["ItemProcessor"]] if "ItemProcessor" in state else [])]
        for machine in inner:
            yield from states_of(machine)


def _of(model: str, settings: Mapping[str, Any], state: Mapping[str, Any]) -> Iterator[Instances]:
    def instance_type(resources: Mapping[str, Any]) -> str:
        """The instance type, which the machine reads from the model's settings."""
        found = SETTING.fullmatch(resources["InstanceType"])
        return settings[found[1]] if found else resources["InstanceType"]

    arguments = state.get("Arguments", {})
    match str(state.get("Resource", "")).partition("states:::")[2]:
        case "sagemaker:createTrainingJob.sync":
            resources = arguments["ResourceConfig"]
            yield Instances(model, "training job", instance_type(resources), resources["InstanceCount"])
        case "sagemaker:createTransformJob.sync":
            resources = arguments["TransformResources"]
            yield Instances(model, "transform job", instance_type(resources), resources["InstanceCount"])
        case "aws-sdk:sagemaker:createEndpointConfig":
            for variant in arguments["ProductionVariants"]:
                yield Instances(model, "endpoint", instance_type(variant), variant["InitialInstanceCount"])
        case _:
            return
