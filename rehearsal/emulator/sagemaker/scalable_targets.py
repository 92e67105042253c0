"""The scalable targets with their policies and the alarms of these: what endpoints and scaling both know."""

from __future__ import annotations

import time
import uuid
from typing import Any

from ministack.services import cloudwatch

from rehearsal.emulator import settings
from rehearsal.emulator.sagemaker.store import Record, lock

NAMESPACE = "sagemaker"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"
# A target tracking policy's alarms: how many minutes must breach, and on which side of which share of the target.
SIDES = (("AlarmHigh", "GreaterThanThreshold", 3, 1.0), ("AlarmLow", "LessThanThreshold", 15, 0.9))

targets: dict[str, Record] = {}
policies: dict[tuple[str, str], Record] = {}


def resource_of(endpoint: str, variant: str) -> str:
    """The ResourceId of a variant."""
    return f"endpoint/{endpoint}/variant/{variant}"


def of_endpoint(endpoint: str) -> list[Record]:
    """The targets among an endpoint's variants."""
    with lock:
        return [target for resource, target in targets.items() if resource.split("/")[1] == endpoint]


def remove(resource: str) -> None:
    """Forget a target. Its policies go with it, and their alarms with these."""
    with lock:
        del targets[resource]
        for key in [key for key in policies if key[0] == resource]:
            remove_policy(key)


def remove_policy(key: tuple[str, str]) -> None:
    """Forget a policy and its alarms."""
    with lock:
        for alarm in policies.pop(key)["Alarms"]:
            cloudwatch.cloudformation_delete_metric_alarm(alarm["AlarmName"])


def make_alarms(resource: str, policy_arn: str, target_value: float) -> list[Record]:
    """The alarms that a target tracking policy brings along. They do not scale here, but they are there to be found."""
    _, endpoint, _, variant = resource.split("/")
    dimensions = [{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": variant}]
    found = []
    for side, comparison, minutes, share in SIDES:
        name = f"TargetTracking-{resource}-{side}-{uuid.uuid4()}"
        arn = f"arn:aws:cloudwatch:{settings.region()}:{settings.account_id()}:alarm:{name}"
        details = {
            "AlarmDescription": f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy_arn}.",
            "AlarmActions": [policy_arn],
            "ComparisonOperator": comparison,
            "EvaluationPeriods": minutes,
            "Threshold": target_value * share,
            "Dimensions": dimensions,
        }
        cloudwatch.cloudformation_put_metric_alarm({"AlarmName": name, "AlarmArn": arn, **_alarm(), **details})
        found.append({"AlarmName": name, "AlarmARN": arn})
    return found


def _alarm() -> dict[str, Any]:
    now = int(time.time())
    return {
        "Namespace": "AWS/SageMaker",
        "MetricName": "InvocationsPerInstance",
        "Statistic": "Sum",
        "ExtendedStatistic": None,
        "Period": 60,
        "DatapointsToAlarm": None,
        "TreatMissingData": "missing",
        "StateValue": "INSUFFICIENT_DATA",
        "StateReason": "Unchecked: Initial alarm creation",
        "StateUpdatedTimestamp": now,
        "ActionsEnabled": True,
        "OKActions": [],
        "InsufficientDataActions": [],
        "Unit": None,
        "AlarmConfigurationUpdatedTimestamp": now,
    }
