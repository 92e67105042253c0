"""The deployment machine of all models: from an approved version to the one that serves."""

from typing import Any

from mlops_constructs.workflow.asl import machine
from mlops_constructs.workflow.deployment_endpoint import change_states, find_states
from mlops_constructs.workflow.deployment_finish import finish_states
from mlops_constructs.workflow.deployment_guard import guard_states
from mlops_constructs.workflow.deployment_release import config_state, model_state, package_states
from mlops_constructs.workflow.deployment_scaling import start_scaling_states, stop_scaling_states
from mlops_constructs.workflow.deployment_undo import FIRST, ONLY_A_MODEL, undo_states, undone
from mlops_constructs.workflow.deployment_watch import watch_states
from mlops_constructs.workflow.quota import quota_states
from mlops_constructs.workflow.values import Workflow


def deployment_machine(workflow: Workflow) -> dict[str, Any]:
    """The machine's definition."""
    states = {
        **package_states(workflow),
        **find_states(workflow),
        **model_state(workflow),
        **undone(config_state(workflow), by=ONLY_A_MODEL),
        **undone(change_states(workflow) | guard_states(workflow) | stop_scaling_states(workflow)),
        **quota_states("CreateEndpoint", "UpdateEndpoint", on_error=FIRST),
        **undone(watch_states(workflow)),
        **start_scaling_states(workflow),
        **finish_states(workflow),
        **undo_states(workflow),
    }
    return machine(
        "Brings an approved version of a model into service, and back out if it does not hold",
        "DescribePackage",
        states,
        timeout_seconds=workflow.deployment.limits.machine_hours * 3600,
    )
