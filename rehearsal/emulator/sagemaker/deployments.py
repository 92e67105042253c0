"""Endpoints coming up, being updated blue/green with guard alarms, and going away. Each in a thread of its own."""

from __future__ import annotations

import logging
import threading

from rehearsal.emulator import clock, faults
from rehearsal.emulator.sagemaker import capture, events, fleets, guards, roles
from rehearsal.emulator.sagemaker.fleets import Fleet, FleetFailed, Kept
from rehearsal.emulator.sagemaker.objects import DataError
from rehearsal.emulator.sagemaker.rollout import Rollout
from rehearsal.emulator.sagemaker.store import Record, change, endpoints, lock
from rehearsal.emulator.sagemaker.tags import forget
from rehearsal.emulator.sagemaker.traffic import Traffic

DETAIL_TYPE = "SageMaker Endpoint State Change"
REASON_LENGTH = 1024
EVENT_STATUS = {
    "InService": "IN_SERVICE",
    "OutOfService": "OUT_OF_SERVICE",
    "RollingBack": "ROLLING_BACK",
    "UpdateRollbackFailed": "UPDATE_ROLLBACK_FAILED",
}

logger = logging.getLogger("rehearsal.sagemaker")

traffic: dict[str, Traffic] = {}


def settle(endpoint: Record, status: str, reason: str | None = None) -> None:
    """Set the endpoint's status and tell EventBridge."""
    change(endpoint, EndpointStatus=status, FailureReason=reason[:REASON_LENGTH] if reason else None)
    tell(endpoint)


def tell(endpoint: Record) -> None:
    """Send the endpoint's state. Never under the store's lock: who receives it may ask back at once."""
    with lock:
        detail = {name: value for name, value in endpoint.items() if not name.startswith("_")}
    status = detail["EndpointStatus"]
    detail["EndpointStatus"] = EVENT_STATUS.get(status, status.upper())
    events.send(DETAIL_TYPE, endpoint["EndpointArn"], detail)


def bring_up(endpoint: Record, config: Record) -> None:
    """The first fleet of an endpoint. Guardrails do not apply to it."""
    name = endpoint["EndpointName"]
    try:
        if failure := faults.job_failure("sagemaker:CreateEndpoint", endpoint, threading.Event()):
            raise FleetFailed(failure)
        fleet = fleets.bring_up(name, config, {})
    except FleetFailed as error:
        settle(endpoint, "Failed", str(error))
        return
    except Exception as error:
        logger.exception("endpoint %s", name)
        settle(endpoint, "Failed", f"{type(error).__name__}: {error}")
        return
    traffic[name] = Traffic(fleet)
    _show(endpoint, fleet, config)
    settle(endpoint, "InService")


def update(endpoint: Record, config: Record, rollout: Rollout, kept: Kept) -> None:
    """Blue/green: the old fleet answers until the new one has proved itself, and again if it fails to."""
    name = endpoint["EndpointName"]
    way = traffic[name]
    old, new = way.serving, None
    role = roles.Role(old.variants[0].model["ExecutionRoleArn"])
    try:
        guards.watch(role, rollout.alarms, seconds=0)
        new = fleets.bring_up(name, config, kept)
        for share, wait in rollout.steps:
            way.split(new, share)
            guards.watch(role, rollout.alarms, seconds=clock.shortened(wait))
        guards.watch(role, rollout.alarms, seconds=clock.shortened(rollout.termination_wait))
    except (FleetFailed, guards.GuardFired, DataError) as error:
        _roll_back(endpoint, way, old, new, str(error))
        return
    except Exception as error:
        logger.exception("update of endpoint %s", name)
        _roll_back(endpoint, way, old, new, f"{type(error).__name__}: {error}")
        return
    way.settle(new)
    _show(endpoint, new, config)
    _stop(old, name)
    settle(endpoint, "InService")


def take_down(endpoint: Record) -> None:
    """Stop the servers and forget the endpoint. What its role may no longer remove keeps it from going, as on AWS."""
    name = endpoint["EndpointName"]
    way = traffic.get(name)
    try:
        if way is not None:
            way.serving.stop()
        capture.flush(name)
    except (DataError, roles.sessions.RoleError) as error:
        settle(endpoint, "Failed", f"The endpoint could not be deleted: {error}")
        return
    with lock:
        traffic.pop(name, None)
        endpoints.remove(name)
    forget(endpoint["EndpointArn"])
    events.send(DETAIL_TYPE, endpoint["EndpointArn"], {"EndpointName": name, "EndpointStatus": "DELETED"})


def _show(endpoint: Record, fleet: Fleet, config: Record) -> None:
    """Make the record say what serves now."""
    change(
        endpoint,
        EndpointConfigName=config["EndpointConfigName"],
        ProductionVariants=[variant.summary() for variant in fleet.variants],
        DataCaptureConfig=capture.summary(endpoint.get("_capture")),
        PendingDeploymentSummary=None,
        _next_config=None,
    )


def _roll_back(endpoint: Record, way: Traffic, old: Fleet, new: Fleet | None, reason: str) -> None:
    way.settle(old)
    settle(endpoint, "RollingBack", reason)
    if new is not None:
        _stop(new, endpoint["EndpointName"])
    capture_before = endpoint.get("_capture_before")
    change(endpoint, PendingDeploymentSummary=None, _next_config=None, _capture=capture_before)
    settle(endpoint, "InService", reason)


def _stop(fleet: Fleet, name: str) -> None:
    try:
        fleet.stop()
    except (DataError, roles.sessions.RoleError) as error:
        logger.warning("endpoint %s: %s", name, error)
