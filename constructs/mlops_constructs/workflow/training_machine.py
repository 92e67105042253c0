"""The training machine of all models: from files that arrived to a registered version, or to the reason why not."""

from typing import Any

from mlops_constructs.workflow.asl import machine
from mlops_constructs.workflow.training_data import data_states
from mlops_constructs.workflow.training_model import model_states
from mlops_constructs.workflow.training_verdict import verdict_states
from mlops_constructs.workflow.values import Workflow


def training_machine(workflow: Workflow) -> dict[str, Any]:
    """The machine's definition."""
    states = {**data_states(workflow), **model_states(workflow), **verdict_states(workflow)}
    return machine(
        "Turns what arrived for a model into a registered version of it",
        "NameRun",
        states,
        timeout_seconds=workflow.training.limits.machine_hours * 3600,
    )
