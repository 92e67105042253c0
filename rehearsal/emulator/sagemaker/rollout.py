"""The shift of an update's traffic: the steps, the waits between them, and what AWS refuses about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rehearsal.emulator.sagemaker.errors import validation
from rehearsal.emulator.sagemaker.store import Record

DEFAULT_TIMEOUT_SECONDS = 14_400
CANARY_LIMIT_PERCENT = 50
LINEAR_RANGE_PERCENT = (10, 50)


@dataclass(frozen=True)
class Rollout:
    """Shares of the traffic for the new fleet, each with the wait after it, and the alarms that end it."""

    steps: tuple[tuple[float, int], ...]
    termination_wait: int
    alarms: tuple[str, ...]


def plan(deployment: Record | None, instances: int) -> Rollout:
    """Read a DeploymentConfig; without one all traffic moves at once and nothing watches it.

    `instances` are those of the new fleet's smallest variant, as each variant must have its part. Where the update
    carries the number of instances over, it is theirs that counts, not the new configuration's.
    """
    policy: Record = (deployment or {}).get("BlueGreenUpdatePolicy") or {}
    alarms = ((deployment or {}).get("AutoRollbackConfiguration") or {}).get("Alarms") or []
    names = tuple(alarm["AlarmName"] for alarm in alarms if alarm.get("AlarmName"))
    if not policy:
        return Rollout(((1.0, 0),), 0, names)
    routing = policy["TrafficRoutingConfiguration"]
    steps = _steps(routing, instances)
    termination = int(policy.get("TerminationWaitInSeconds", 0))
    longest = int(policy.get("MaximumExecutionTimeoutInSeconds", DEFAULT_TIMEOUT_SECONDS))
    waits = sum(wait for _, wait in steps) + termination
    if waits >= longest:
        raise validation(
            f"MaximumExecutionTimeoutInSeconds {longest} must be greater than the sum of all waits, {waits} s"
        )
    return Rollout(tuple(steps), termination, names)


def _steps(routing: Record, instances: int) -> list[tuple[float, int]]:
    kind, wait = routing["Type"], int(routing["WaitIntervalInSeconds"])
    _check_sizes(routing)
    if kind == "ALL_AT_ONCE":
        return [(1.0, 0)]
    if kind == "CANARY":
        share = _share(routing["CanarySize"], instances, "CanarySize", 0, CANARY_LIMIT_PERCENT)
        return [(share, wait), (1.0, 0)]
    share = _share(routing["LinearStepSize"], instances, "LinearStepSize", *LINEAR_RANGE_PERCENT)
    count = int(1 / share + 0.999999)
    return [(min(1.0, share * step), wait if step < count else 0) for step in range(1, count + 1)]


def _check_sizes(routing: Record) -> None:
    needed = {"CANARY": "CanarySize", "LINEAR": "LinearStepSize"}.get(routing["Type"])
    for member in ("CanarySize", "LinearStepSize"):
        if (member in routing) != (member == needed):
            raise validation(f"{member} {'must' if member == needed else 'must not'} be set for {routing['Type']}")


def _share(size: dict[str, Any], instances: int, member: str, lowest: int, highest: int) -> float:
    """The part of the fleet."""
    percent = size["Value"] if size["Type"] == "CAPACITY_PERCENT" else 100 * size["Value"] / instances
    if not lowest <= percent <= highest:
        limits = f"less than or equal to {highest}%" if not lowest else f"between {lowest}% and {highest}%"
        raise validation(
            f"{member} must be {limits} of the variant's total instance count ({instances}), it is {percent:.0f}%"
        )
    if percent * instances < 100:
        raise validation(f"{member} of {percent:.0f}% is less than one of {instances} instances")
    return percent / 100
