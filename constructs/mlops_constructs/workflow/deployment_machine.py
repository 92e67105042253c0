"""The deployment machine of one model: from an approved version to the one that serves."""

from typing import Any

from mlops_constructs.workflow.asl import machine
from mlops_constructs.workflow.deployment_endpoint import endpoint_states
from mlops_constructs.workflow.deployment_finish import finish_states
from mlops_constructs.workflow.deployment_guard import guard_states
from mlops_constructs.workflow.deployment_release import release_states
from mlops_constructs.workflow.deployment_watch import watch_states
from mlops_constructs.workflow.values import Workflow


def deployment_machine(workflow: Workflow) -> dict[str, Any]:
    """The machine's definition."""
    states = {
        **release_states(workflow),
        **guard_states(workflow),
        **endpoint_states(workflow),
        **watch_states(workflow),
        **finish_states(workflow),
    }
    return machine(
        f"Brings an approved version of {workflow.names.model} into service, and back out if it does not hold",
        "DescribePackage",
        states,
        timeout_seconds=workflow.deployment.limits.machine_hours * 3600,
    )
