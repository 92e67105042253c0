"""Model servers: the image's serving process, on a free port of the loopback device."""

from __future__ import annotations

import http.client
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rehearsal.emulator import children
from rehearsal.emulator.sagemaker import archives, container, health, models, objects, roles
from rehearsal.emulator.sagemaker.joblogs import LogShipper
from rehearsal.emulator.sagemaker.objects import DataError
from rehearsal.emulator.sagemaker.store import Record

STOP_SECONDS = 3.0
INVOCATION_SECONDS = 60.0
VCPUS = {"medium": 2, "large": 2, "xlarge": 4}


class InvocationTimeout(Exception):
    """The container did not answer in time."""


@dataclass(frozen=True)
class Reply:
    """What a container answered."""

    status: int
    content_type: str
    body: bytes
    custom_attributes: str | None = None


@dataclass(frozen=True)
class Plan:
    """How to start a model: its record, where, with which further variables, and where its log goes."""

    model: Record
    folder: Path
    instance_type: str
    log_group: str
    log_stream: str
    environment: Mapping[str, str]


class ModelServer:
    """A running container that answers /invocations."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, shipper: LogShipper) -> None:
        self._process = process
        self._port = port
        self.shipper = shipper

    def invoke(
        self,
        body: bytes,
        *,
        content_type: str,
        accept: str,
        attributes: str | None = None,
        timeout: float = INVOCATION_SECONDS,
    ) -> Reply:
        """Send one request. A server that is gone answers as its instance would: with a 500."""
        headers = {"Content-Type": content_type, "Accept": accept}
        if attributes:
            headers["X-Amzn-SageMaker-Custom-Attributes"] = attributes
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=timeout)
        try:
            connection.request("POST", "/invocations", body, headers)
            answer = connection.getresponse()
            return Reply(
                answer.status,
                answer.getheader("Content-Type", "application/octet-stream"),
                answer.read(),
                answer.getheader("X-Amzn-SageMaker-Custom-Attributes"),
            )
        except TimeoutError as error:
            raise InvocationTimeout(f"no answer within {timeout:.0f} s") from error
        except (OSError, http.client.HTTPException) as error:
            return Reply(500, "text/plain", f"the container broke the connection: {error!r}".encode())
        finally:
            connection.close()

    def stop(self) -> None:
        """End the process and write the rest of its log."""
        children.stop(self._process, STOP_SECONDS)
        self.shipper.finish()


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
    process = children.spawn(
        [box.python, "-m", "rehearsal_serve"],
        env=box.environment(given, credentials=credentials, isolated=isolated),
        cwd=box.base,
        log=log,
    )
    try:
        return ModelServer(process, health.wait_until_healthy(process, port_file), shipper)
    except health.StartFailed:
        children.stop(process, STOP_SECONDS)
        shipper.finish()
        raise


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
