"""The alarms that guard an endpoint's update, watched with the model's execution role."""

from __future__ import annotations

import time

from botocore.exceptions import ClientError

from rehearsal.emulator.sagemaker import roles

WATCH_SECONDS = 0.2


class GuardFired(Exception):
    """An alarm is in ALARM, or cannot be watched."""


def watch(role: roles.Role, alarms: tuple[str, ...], *, seconds: float) -> None:
    """Look at the alarms once, and again until the time is over.

    Raises:
        GuardFired: naming the alarms.
    """
    deadline = time.monotonic() + seconds
    while True:
        _look(role, alarms)
        left = deadline - time.monotonic()
        if left <= 0:
            return
        time.sleep(min(WATCH_SECONDS, left))


def _look(role: roles.Role, alarms: tuple[str, ...]) -> None:
    if not alarms:
        return
    try:
        answer = role.client("cloudwatch").describe_alarms(
            AlarmNames=list(alarms), AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
    except (ClientError, roles.sessions.RoleError) as error:
        raise GuardFired(f"The alarms {', '.join(alarms)} cannot be watched: {error}") from error
    found = [*answer["MetricAlarms"], *answer["CompositeAlarms"]]
    missing = set(alarms) - {alarm["AlarmName"] for alarm in found}
    if missing:
        raise GuardFired(f"The alarms {', '.join(sorted(missing))} do not exist")
    firing = sorted(alarm["AlarmName"] for alarm in found if alarm["StateValue"] == "ALARM")
    if firing:
        raise GuardFired(f"The deployment was rolled back: alarms in ALARM state: {', '.join(firing)}")
