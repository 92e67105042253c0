"""The deployment machine's way back: what a failed deployment made goes, and what it took off is put on again.

An update cannot be called off, so its end is waited for first. Nothing here may replace the failure that led here: it
travels on as the input, and a step that fails is left out, to be made up for by the next deployment.
"""

from collections.abc import Mapping
from typing import Any

from mlops_constructs.workflow import retries
from mlops_constructs.workflow.asl import (
    FAILED,
    State,
    States,
    caught,
    choice,
    fail,
    for_each,
    ignored,
    jsonata,
    task,
    wait,
)
from mlops_constructs.workflow.deployment_endpoint import find_endpoint
from mlops_constructs.workflow.deployment_guard import GUARD_ALARMS
from mlops_constructs.workflow.deployment_scaling import put_policy, register_target
from mlops_constructs.workflow.names import NAME
from mlops_constructs.workflow.values import Workflow

FIRST, FAILED_ONE_SERVES, ONLY_A_MODEL = "LookAfterFailure", "FailedOneServes?", "DeleteFailedModel"
IN_REST = "$endpoint_status in ['InService', 'Failed', 'OutOfService', 'UpdateRollbackFailed']"


def undone(states: States, *, by: str = FIRST) -> States:
    """The states, whose failures first go the way back."""
    return {name: _leading_back(state, by) if "Catch" in state else state for name, state in states.items()}


def undo_states(workflow: Workflow) -> States:
    """A failure to its end."""
    limits = workflow.deployment.limits
    scaling_lost = "$scaling_stopped and " + (
        "true" if workflow.deployment.scaling.autoscales else "$serving_config != $config_name"
    )
    return {
        FIRST: _step(find_endpoint(next_state="InRestAfterFailure?"), otherwise="HowItFailed?"),
        "InRestAfterFailure?": choice(
            ("$endpoint_status = 'None'", "DeleteFailedConfig"),
            (IN_REST, "ReadAfterFailure"),
            (f"$looks >= {limits.endpoint_looks}", "HowItFailed?"),
            otherwise="WaitAfterFailure",
        ),
        "WaitAfterFailure": wait(limits.poll_seconds, next_state=FIRST),
        "ReadAfterFailure": _read(),
        "ClearGuardAlarms": _delete(
            "cloudwatch", "Alarms", "AlarmNames", list(GUARD_ALARMS), next_state=FAILED_ONE_SERVES
        ),
        FAILED_ONE_SERVES: choice(("$serving_config = $config_name", "ScalingLost?"), otherwise="DeleteFailedConfig"),
        "DeleteFailedConfig": _delete_named("EndpointConfig", "$config_name", next_state=ONLY_A_MODEL),
        ONLY_A_MODEL: _delete_named("Model", "$model_name", next_state="ScalingLost?"),
        "ScalingLost?": choice((scaling_lost, "RestoreScaling"), otherwise="HowItFailed?"),
        "RestoreScaling": _step(
            register_target(jsonata("$scaled_from"), jsonata("$scaled_to"), next_state="RestoreScalingPolicies"),
            otherwise="ScalingNotRestored",
        ),
        "RestoreScalingPolicies": _restore_policies(),
        "HowItFailed?": choice(
            (scaling_lost, "ScalingNotRestored"),
            ("$exists($states.input.caught)", FAILED),
            otherwise="DeploymentRolledBack",
        ),
        "ScalingNotRestored": fail(
            "ScalingNotRestored",
            "($exists($states.input.caught) ? $states.input.state & ' failed with ' & $states.input.caught.Error "
            ": 'The new version did not hold') & ', and the endpoint ' & $name & ' has lost its "
            "autoscaling: it keeps the instances that it has. The next deployment that holds brings it back'",
        ),
    }


def _leading_back(state: State, way: str) -> State:
    return state | {"Catch": [*state["Catch"][:-1], caught(way)]}


def _step(state: State, *, otherwise: str) -> State:
    """A step of the way back: where it fails, the way goes on elsewhere, with the failure that led here."""
    return state | {"Catch": [ignored(otherwise)]}


def _read() -> State:
    """Read which configuration serves. If nobody can say, nothing is deleted."""
    config = "$states.result.EndpointConfigName"
    state = task(
        "aws-sdk:sagemaker:describeEndpoint",
        {"EndpointName": NAME},
        retry=retries.SAGEMAKER_API,
        timeout_seconds=60,
        next_state="ClearGuardAlarms",
        assign={"serving_config": jsonata(f"$exists({config}) ? {config} : 'no configuration'")},
    )
    return _step(state, otherwise="HowItFailed?")


def _delete_named(kind: str, name: str, *, next_state: str) -> State:
    return _delete("sagemaker", kind, f"{kind}Name", jsonata(name), next_state=next_state)


def _delete(service: str, kind: str, member: str, value: str | list[str], *, next_state: str) -> State:
    state = task(
        f"aws-sdk:{service}:delete{kind}",
        {member: value},
        retry=retries.CLOUDWATCH if service == "cloudwatch" else retries.SAGEMAKER_API,
        timeout_seconds=60,
        next_state=next_state,
    )
    return _step(state, otherwise=next_state)


def _restore_policies() -> State:
    """Put the policies back, then count the scaling as restored."""
    policy = put_policy(
        jsonata("$states.input.PolicyName"),
        jsonata("$states.input.TargetTrackingScalingPolicyConfiguration"),
        next_state="",
    )
    every: Mapping[str, Any] = for_each(
        jsonata("$scaling_policies"), "RestoreScalingPolicy", policy, next_state="HowItFailed?"
    )
    return _step({**every, "Assign": {"scaling_stopped": False}}, otherwise="ScalingNotRestored")
