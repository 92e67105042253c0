"""Model servers: the image's serving process, on a free port of the loopback device."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rehearsal.emulator.sagemaker import archives, container, health, models, objects, roles
from rehearsal.emulator.sagemaker.joblogs import LogShipper
from rehearsal.emulator.sagemaker.model_server import Command, ModelServer
from rehearsal.emulator.sagemaker.objects import DataError
from rehearsal.emulator.sagemaker.store import Record

VCPUS = {"medium": 2, "large": 2, "xlarge": 4}


@dataclass(frozen=True)
class Plan:
    """The plan of a model's start: its record, where, with which further variables, and where its log goes."""

    model: Record
    folder: Path
    instance_type: str
    log_group: str
    log_stream: str
    environment: Mapping[str, str]


def start(plan: Plan) -> ModelServer:
    """Fetch the model with its role, start the container, wait until it answers /ping.

    Raises:
        health.StartFailed: the container did not become healthy.
        DataError: the model could not be fetched or opened.
    """
    served = models.served_by(plan.model)
    role = roles.assume(plan.model["ExecutionRoleArn"])
    isolated = bool(plan.model.get("EnableNetworkIsolation"))
    box = container.create(plan.folder, isolated=isolated)
    _fetch_model(role, served.model_data_url, box.base / "model")
    port_file = plan.folder / "port"
    given = {
        "SAGEMAKER_MODEL_SERVER_WORKERS": str(_workers(plan.instance_type)),
        **served.environment,
        **plan.environment,
        "SAGEMAKER_USE_NGINX": "false",
        "REHEARSAL_PORT_FILE": str(port_file),
    }
    credentials = {} if isolated else role.environment()
    log = plan.folder / "container.log"
    shipper = LogShipper(role, plan.log_group, plan.log_stream, log).start()
    environment = box.environment(given, credentials=credentials, isolated=isolated)
    server = ModelServer(Command((box.python, "-m", "rehearsal_serve"), environment, box.base, log, port_file), shipper)
    try:
        server.become_healthy()
    except health.StartFailed:
        server.stop()
        raise
    return server


def _fetch_model(role: roles.Role, url: str, folder: Path) -> None:
    try:
        archives.unpack(objects.read(role, objects.place(url)), folder)
    except DataError as error:
        raise DataError(
            f'Failed to download model data for container "container_1" from URL: "{url}". Please ensure that there is'
            " an object located at the URL and that the role passed to CreateModel has permissions to download the"
            f" object. ({error})"
        ) from error


def _workers(instance_type: str) -> int:
    """One worker per virtual processor of the instance, but not more than this machine has."""
    size = instance_type.rsplit(".", 1)[-1]
    times = size.removesuffix("xlarge")
    processors = int(times) * 4 if times.isdigit() else VCPUS.get(size, 2)
    return max(1, min(processors, os.cpu_count() or 1))
