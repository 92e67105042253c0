"""Instances that a stage will ask for, read from its state machines. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from commands.assembly import Assembly
from commands.platform import DEPLOYMENT, TRAINING


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
    definitions = (assembly.definition(model, TRAINING), assembly.definition(model, DEPLOYMENT))
    found = [
        instances for definition in definitions for state in states_of(definition) for instances in _of(model, state)
    ]
    return list(dict.fromkeys(found))


def states_of(definition: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """All states, those inside loops and branches included."""
    for state in definition["States"].values():
        yield state
        inner = [*state.get("Branches", []), *([state["ItemProcessor"]] if "ItemProcessor" in state else [])]
        for machine in inner:
            yield from states_of(machine)


def _of(model: str, state: Mapping[str, Any]) -> Iterator[Instances]:
    arguments = state.get("Arguments", {})
    match str(state.get("Resource", "")).partition("states:::")[2]:
        case "sagemaker:createTrainingJob.sync":
            resources = arguments["ResourceConfig"]
            yield Instances(model, "training job", resources["InstanceType"], resources["InstanceCount"])
        case "sagemaker:createTransformJob.sync":
            resources = arguments["TransformResources"]
            yield Instances(model, "transform job", resources["InstanceType"], resources["InstanceCount"])
        case "aws-sdk:sagemaker:createEndpointConfig":
            for variant in arguments["ProductionVariants"]:
                yield Instances(model, "endpoint", variant["InstanceType"], variant["InitialInstanceCount"])
        case _:
            return
