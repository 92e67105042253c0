"""The deployment machine's middle: the endpoint is found, created or updated, and watched until it is settled."""

from typing import Any

from mlops_constructs.workflow import retries
from mlops_constructs.workflow.asl import State, States, assign, choice, fail, jsonata, task, wait
from mlops_constructs.workflow.deployment_guard import GUARD_ALARMS
from mlops_constructs.workflow.values import Workflow

QUIET_LOOK_SECONDS = 30
QUIET_LOOKS = 120


def endpoint_states(workflow: Workflow) -> States:
    """A configuration that could be served to the start of its roll-out."""
    return {
        "FindEndpoint": _find(workflow),
        "EndpointThere?": choice(
            ("$endpoint_status = 'None'", "CreateEndpoint"),
            ("$endpoint_status = 'InService'", "ReadServingConfig"),
            ("$endpoint_status = 'Failed'", "DeleteFailedEndpoint"),
            ("$endpoint_status in ['OutOfService', 'UpdateRollbackFailed']", "EndpointNeedsCare"),
            (f"$looks >= {QUIET_LOOKS}", "EndpointNeverQuiet"),
            otherwise="WaitForQuietEndpoint",
        ),
        "WaitForQuietEndpoint": wait(QUIET_LOOK_SECONDS, next_state="FindEndpoint"),
        "DeleteFailedEndpoint": _delete_failed(workflow),
        "CreateEndpoint": _create(workflow),
        "ReadServingConfig": _read_serving_config(workflow),
        "UpdateEndpoint": _update(workflow),
        "StartWatching": assign({"looks": 0}, next_state="WaitForEndpoint"),
        "EndpointNeedsCare": fail(
            "EndpointNeedsCare",
            f"'The endpoint {workflow.names.endpoint} is ' & $endpoint_status & "
            "': neither an update nor a new one is safe. Look at its FailureReason in SageMaker, "
            "repair or delete it, then deploy again'",
        ),
        "EndpointNeverQuiet": fail(
            "EndpointNeverQuiet",
            f"'The endpoint {workflow.names.endpoint} has been ' & $endpoint_status & "
            f"' for {QUIET_LOOKS * QUIET_LOOK_SECONDS // 60} minutes: let that change end, then deploy again'",
        ),
    }


def _find(workflow: Workflow) -> State:
    """DescribeEndpoint has no error of its own for a missing endpoint, so look for the name in a list."""
    found = f"$states.result.Endpoints[EndpointName = '{workflow.names.endpoint}']"
    return task(
        "aws-sdk:sagemaker:listEndpoints",
        {"NameContains": workflow.names.endpoint, "MaxResults": 100},
        retry=retries.SAGEMAKER_API,
        timeout_seconds=60,
        next_state="EndpointThere?",
        assign={
            "endpoint_status": jsonata(f"$exists({found}) ? {found}.EndpointStatus : 'None'"),
            "looks": jsonata("$looks + 1"),
        },
    )


def _delete_failed(workflow: Workflow) -> State:
    """A first creation that failed leaves the name taken, by something that never served."""
    return task(
        "aws-sdk:sagemaker:deleteEndpoint",
        {"EndpointName": workflow.names.endpoint},
        retry=retries.SAGEMAKER_API,
        timeout_seconds=60,
        next_state="WaitForQuietEndpoint",
    )


def _create(workflow: Workflow) -> State:
    return task(
        "aws-sdk:sagemaker:createEndpoint",
        {
            "EndpointName": workflow.names.endpoint,
            "EndpointConfigName": jsonata("$config_name"),
            "Tags": workflow.names.tags,
        },
        retry=retries.SAGEMAKER_API,
        timeout_seconds=60,
        next_state="StartWatching",
    )


def _read_serving_config(workflow: Workflow) -> State:
    """The stem of what serves now: it stays, to go back to."""
    stem = "$match($states.result.EndpointConfigName, /^.+-v[0-9]+-[0-9]{12}/)"
    return task(
        "aws-sdk:sagemaker:describeEndpoint",
        {"EndpointName": workflow.names.endpoint},
        retry=retries.SAGEMAKER_API,
        timeout_seconds=60,
        next_state="UpdateEndpoint",
        assign={"previous": jsonata(f"$exists({stem}) ? {stem}.match : $states.result.EndpointConfigName")},
    )


def _update(workflow: Workflow) -> State:
    return task(
        "aws-sdk:sagemaker:updateEndpoint",
        {
            "EndpointName": workflow.names.endpoint,
            "EndpointConfigName": jsonata("$config_name"),
            # Autoscaling moved the number of instances; the new configuration must not move it back.
            "RetainAllVariantProperties": True,
            "DeploymentConfig": {
                "BlueGreenUpdatePolicy": _blue_green(workflow),
                "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in GUARD_ALARMS]},
            },
        },
        retry=retries.SAGEMAKER_API,
        timeout_seconds=60,
        next_state="StartWatching",
    )


def _blue_green(workflow: Workflow) -> dict[str, Any]:
    """New fleet beside the old one. A canary is one instance, for it must be at most half of the fleet."""
    bake = workflow.deployment.traffic.bake_seconds
    routing: dict[str, dict[str, Any]] = {
        "all-at-once": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0},
        "canary": {
            "Type": "CANARY",
            "WaitIntervalInSeconds": bake,
            "CanarySize": {"Type": "INSTANCE_COUNT", "Value": 1},
        },
        "linear": {
            "Type": "LINEAR",
            "WaitIntervalInSeconds": bake,
            "LinearStepSize": {"Type": "CAPACITY_PERCENT", "Value": 50},
        },
    }
    return {
        "TrafficRoutingConfiguration": routing[workflow.deployment.traffic.shift],
        "TerminationWaitInSeconds": bake,
        "MaximumExecutionTimeoutInSeconds": workflow.deployment.limits.update_seconds,
    }
