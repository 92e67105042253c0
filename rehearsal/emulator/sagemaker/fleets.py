"""The fleet of an endpoint: the servers of one configuration, and the choice of the one that gets the next request."""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field
from typing import Any

from rehearsal.emulator import settings
from rehearsal.emulator.sagemaker import models, network, restarts, roles, servers
from rehearsal.emulator.sagemaker.errors import ServiceError
from rehearsal.emulator.sagemaker.health import StartFailed
from rehearsal.emulator.sagemaker.model_server import ModelServer
from rehearsal.emulator.sagemaker.objects import DataError
from rehearsal.emulator.sagemaker.servers import Plan
from rehearsal.emulator.sagemaker.store import Record
from rehearsal.emulator.sagemaker.store import models as model_table

Kept = dict[str, tuple[int, float]]

_numbers = itertools.count(1)


class FleetFailed(Exception):
    """The fleet of a configuration did not come up; the message is the endpoint's FailureReason."""


@dataclass
class Variant:
    """One production variant: a model on some instances, played by one server."""

    name: str
    model: Record
    image: str
    instance_type: str
    weight: float
    instances: int
    server: ModelServer

    def summary(self) -> Record:
        """The variant as DescribeEndpoint shows it."""
        return {
            "VariantName": self.name,
            "DeployedImages": [{"SpecifiedImage": self.image, "ResolvedImage": self.image}],
            "CurrentWeight": self.weight,
            "DesiredWeight": self.weight,
            "CurrentInstanceCount": self.instances,
            "DesiredInstanceCount": self.instances,
        }


@dataclass
class Fleet:
    """All variants of one configuration."""

    config_name: str
    variants: list[Variant] = field(default_factory=list)
    interfaces: list[tuple[roles.Role, list[str]]] = field(default_factory=list)

    def variant_for(self, point: float) -> Variant:
        """The variant at a point between 0 and 1 of the traffic."""
        total = sum(variant.weight for variant in self.variants) or 1.0
        reached = 0.0
        for variant in self.variants:
            reached += variant.weight / total
            if point < reached:
                return variant
        return self.variants[-1]

    def variant_named(self, name: str) -> Variant | None:
        return next((variant for variant in self.variants if variant.name == name), None)

    def stop(self) -> None:
        """End the servers, then give the network interfaces back. Without permission they stay, and that is said."""
        for variant in self.variants:
            variant.server.stop()
        for role, interfaces in self.interfaces:
            network.detach(role, interfaces)


def bring_up(endpoint_name: str, config: Record, kept: Kept) -> Fleet:
    """Start a server per variant; `kept` holds instance count and weight by variant name where they carry over."""
    fleet = Fleet(config["EndpointConfigName"])
    try:
        for given in config["ProductionVariants"]:
            fleet.variants.append(_start_variant(endpoint_name, fleet, given, kept.get(given["VariantName"])))
    except Exception:
        fleet.stop()
        raise
    return fleet


def _start_variant(endpoint_name: str, fleet: Fleet, given: Record, kept: tuple[int, float] | None) -> Variant:
    name = given["VariantName"]
    try:
        model = model_table.get(given["ModelName"])
        role = roles.assume(model["ExecutionRoleArn"])
        vpc: dict[str, Any] | None = model.get("VpcConfig")
        interfaces = network.attach(role, vpc, f"Endpoint {endpoint_name} variant {name}")
        fleet.interfaces.append((role, interfaces))
        server = restarts.keep_running(servers.start(_plan(endpoint_name, model, given)))
    except StartFailed as error:
        raise FleetFailed(f"The primary container for production variant {name} {error}") from error
    except (DataError, ServiceError) as error:
        raise FleetFailed(str(error)) from error
    instances, weight = kept or (int(given["InitialInstanceCount"]), float(given["InitialVariantWeight"]))
    return Variant(
        name=name,
        model=model,
        image=models.served_by(model).image,
        instance_type=given["InstanceType"],
        weight=weight,
        instances=instances,
        server=server,
    )


def _plan(endpoint_name: str, model: Record, given: Record) -> Plan:
    number = next(_numbers)
    instance = f"i-{number:017x}"
    return Plan(
        model=model,
        folder=settings.work_folder("sagemaker", "endpoints", f"{endpoint_name}-{number}-{int(time.time())}"),
        instance_type=given["InstanceType"],
        log_group=f"/aws/sagemaker/Endpoints/{endpoint_name}",
        log_stream=f"{given['VariantName']}/{instance}",
        environment={},
    )
