"""The deployment machine's guard: the alarms that roll a running update back by themselves."""

from typing import Any

from mlops_constructs.workflow import retries
from mlops_constructs.workflow.asl import State, States, choice, jsonata, task
from mlops_constructs.workflow.deployment_release import VARIANT
from mlops_constructs.workflow.names import NAME, given_by_deployments
from mlops_constructs.workflow.values import Workflow

# Server errors and slowness are the model's; 4XX are the callers', and one of them must not roll a good model back.
ERRORS, LATENCY = jsonata("$config_name & '-guard-errors'"), jsonata("$config_name & '-guard-latency'")
GUARD_ALARMS = (ERRORS, LATENCY)
MICROSECONDS_PER_MILLISECOND = 1000


def guard_states(workflow: Workflow) -> States:
    """A configuration that could be served to one whose fleet can be watched."""
    traffic = workflow.deployment.traffic
    errors = {
        "AlarmName": ERRORS,
        "AlarmDescription": "Rolls the running update back: the new model answers with server errors",
        "MetricName": "Invocation5XXErrors",
        "Statistic": "Sum",
        "Threshold": traffic.maximum_5xx_errors,
    }
    latency = {
        "AlarmName": LATENCY,
        "AlarmDescription": "Rolls the running update back: the new model answers too slowly",
        "MetricName": "ModelLatency",
        "Statistic": "Average",
        "Threshold": traffic.maximum_latency_milliseconds * MICROSECONDS_PER_MILLISECOND,
    }
    return {
        "PutGuardAlarm": _put_alarm(workflow, errors, next_state="PutLatencyGuardAlarm"),
        "PutLatencyGuardAlarm": _put_alarm(workflow, latency, next_state="ReadEndpoint"),
    }


def clear_guard_states(*, next_state: str) -> States:
    """A settled endpoint to one without guard alarms; those that an earlier deployment left behind go too."""
    wanted = f"function($text) {{ {given_by_deployments('-guard-(errors|latency)')} }}"
    return {
        "ListGuardAlarms": task(
            "aws-sdk:cloudwatch:describeAlarms",
            {"AlarmNamePrefix": jsonata("$name & '-v'"), "AlarmTypes": ["MetricAlarm"], "MaxRecords": 100},
            retry=retries.CLOUDWATCH,
            timeout_seconds=60,
            next_state="GuardAlarms?",
            assign={"guard_alarms": jsonata(f"[$filter($states.result.MetricAlarms.AlarmName, {wanted})]")},
        ),
        "GuardAlarms?": choice(("$count($guard_alarms) > 0", "DeleteGuardAlarms"), otherwise=next_state),
        "DeleteGuardAlarms": task(
            "aws-sdk:cloudwatch:deleteAlarms",
            {"AlarmNames": jsonata("$guard_alarms")},
            retry=retries.CLOUDWATCH,
            timeout_seconds=60,
            next_state=next_state,
        ),
    }


def _put_alarm(workflow: Workflow, alarm: dict[str, Any], *, next_state: str) -> State:
    """Only with the configuration's name among the dimensions does an alarm see the new fleet alone."""
    dimensions = {
        "EndpointName": NAME,
        "VariantName": VARIANT,
        "EndpointConfigName": jsonata("$config_name"),
    }
    return task(
        "aws-sdk:cloudwatch:putMetricAlarm",
        {
            **alarm,
            "Namespace": "AWS/SageMaker",
            "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()],
            "Period": 60,
            "EvaluationPeriods": 1,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching",
            "Tags": workflow.tags,
        },
        retry=retries.CLOUDWATCH,
        timeout_seconds=60,
        next_state=next_state,
    )
