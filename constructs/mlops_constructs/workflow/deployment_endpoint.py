"""The deployment machine's middle: the endpoint is found in rest, then created or updated."""

from typing import Any

from mlops_constructs.workflow import retries
from mlops_constructs.workflow.asl import State, States, assign, choice, fail, jsonata, task, wait
from mlops_constructs.workflow.deployment_guard import GUARD_ALARMS
from mlops_constructs.workflow.deployment_release import VARIANT
from mlops_constructs.workflow.names import NAME
from mlops_constructs.workflow.quota import exceeded
from mlops_constructs.workflow.values import Workflow

QUIET_LOOK_SECONDS = 30
QUIET_LOOKS = 120


def find_states(workflow: Workflow) -> States:
    """An approved package to an endpoint that can be created or updated. Nothing is made before that is sure."""
    return {
        "FindEndpoint": find_endpoint(next_state="EndpointThere?"),
        "EndpointThere?": choice(
            ("$endpoint_status in ['None', 'InService']", "CreateModel"),
            ("$endpoint_status = 'Failed'", "DeleteFailedEndpoint"),
            ("$endpoint_status in ['OutOfService', 'UpdateRollbackFailed']", "EndpointNeedsCare"),
            (f"$looks >= {QUIET_LOOKS}", "EndpointNeverQuiet"),
            otherwise="WaitForQuietEndpoint",
        ),
        "WaitForQuietEndpoint": wait(QUIET_LOOK_SECONDS, next_state="FindEndpoint"),
        "DeleteFailedEndpoint": _delete_failed(),
        "EndpointNeedsCare": fail(
            "EndpointNeedsCare",
            "'The endpoint ' & $name & ' is ' & $endpoint_status & "
            "': neither an update nor a new one is safe. Look at its FailureReason in SageMaker, "
            "repair or delete it, then deploy again'",
        ),
        "EndpointNeverQuiet": fail(
            "EndpointNeverQuiet",
            "'The endpoint ' & $name & ' has been ' & $endpoint_status & "
            f"' for {QUIET_LOOKS * QUIET_LOOK_SECONDS // 60} minutes: let that change end, then deploy again'",
        ),
    }


def change_states(workflow: Workflow) -> States:
    """A configuration that could be served to the start of its roll-out. An update is guarded, a creation cannot be."""
    return {
        "NewEndpoint?": choice(("$endpoint_status = 'None'", "CreateEndpoint"), otherwise="PutGuardAlarm"),
        "CreateEndpoint": _create(workflow),
        "ReadEndpoint": _read_endpoint(),
        "UpdateEndpoint": _update(workflow),
        "StartWatching": assign({"looks": 0}, next_state="WaitForEndpoint"),
    }


def find_endpoint(*, next_state: str) -> State:
    """DescribeEndpoint has no error of its own for a missing endpoint, so look for the name in a list."""
    found = "$states.result.Endpoints[EndpointName = $name]"
    return task(
        "aws-sdk:sagemaker:listEndpoints",
        {"NameContains": NAME, "SortBy": "Name", "SortOrder": "Ascending", "MaxResults": 100},
        retry=retries.SAGEMAKER_API,
        timeout_seconds=60,
        next_state=next_state,
        assign={
            "endpoint_status": jsonata(f"$exists({found}) ? {found}.EndpointStatus : 'None'"),
            "looks": jsonata("$looks + 1"),
        },
    )


def _delete_failed() -> State:
    """A first creation that failed leaves the name taken, by something that never served."""
    return task(
        "aws-sdk:sagemaker:deleteEndpoint",
        {"EndpointName": NAME},
        retry=retries.SAGEMAKER_API,
        timeout_seconds=60,
        next_state="WaitForQuietEndpoint",
    )


def _create(workflow: Workflow) -> State:
    return task(
        "aws-sdk:sagemaker:createEndpoint",
        {
            "EndpointName": NAME,
            "EndpointConfigName": jsonata("$config_name"),
            "Tags": workflow.tags,
        },
        retry=retries.SAGEMAKER_API,
        timeout_seconds=60,
        next_state="StartWatching",
        catch_first=[exceeded()],
    )


def _read_endpoint() -> State:
    """Read what serves now: the stem of its names, for it stays, to go back to; and on how many instances."""
    stem = "$match($states.result.EndpointConfigName, /^.+-v[0-9]+-[0-9]{12}/)"
    instances = f"$states.result.ProductionVariants[VariantName = '{VARIANT}'].DesiredInstanceCount"
    return task(
        "aws-sdk:sagemaker:describeEndpoint",
        {"EndpointName": NAME},
        retry=retries.SAGEMAKER_API,
        timeout_seconds=60,
        next_state="ReadServingConfig",
        assign={
            "previous": jsonata(f"$exists({stem}) ? {stem}.match : $states.result.EndpointConfigName"),
            "serving_config": jsonata("$states.result.EndpointConfigName"),
            "instances": jsonata(f"$exists({instances}) ? {instances} : 0"),
        },
    )


def _update(workflow: Workflow) -> State:
    scaling = workflow.deployment.scaling
    # Where autoscaling moved the number of instances, the new configuration must not move it back. Where it does not
    # scale, or scaled to fewer than the settings now want, the settings decide.
    keep = jsonata(f"$instances >= {scaling.minimum_instances}") if scaling.autoscales else False
    return task(
        "aws-sdk:sagemaker:updateEndpoint",
        {
            "EndpointName": NAME,
            "EndpointConfigName": jsonata("$config_name"),
            "RetainAllVariantProperties": keep,
            "DeploymentConfig": {
                "BlueGreenUpdatePolicy": _blue_green(workflow),
                "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": name} for name in GUARD_ALARMS]},
            },
        },
        retry=retries.SAGEMAKER_API,
        timeout_seconds=60,
        next_state="StartWatching",
        catch_first=[exceeded()],
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
