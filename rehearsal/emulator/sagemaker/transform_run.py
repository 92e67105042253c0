"""One batch transform job at work: the model's server as an endpoint would start it, and each object through it."""

from __future__ import annotations

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from rehearsal.emulator import faults, settings
from rehearsal.emulator.sagemaker import batches, events, network, objects, roles, servers
from rehearsal.emulator.sagemaker.batch_client import BadAnswer, BatchClient, Stopped
from rehearsal.emulator.sagemaker.errors import ServiceError
from rehearsal.emulator.sagemaker.health import StartFailed
from rehearsal.emulator.sagemaker.model_server import ModelServer
from rehearsal.emulator.sagemaker.objects import DataError, Input
from rehearsal.emulator.sagemaker.servers import Plan
from rehearsal.emulator.sagemaker.store import Record, change, lock

LOG_GROUP = "/aws/sagemaker/TransformJobs"
DETAIL_TYPE = "SageMaker Transform Job State Change"
MEGABYTE = 1024 * 1024
REASON_LENGTH = 1024

logger = logging.getLogger("rehearsal.sagemaker")

_stops: dict[str, threading.Event] = {}


class JobFailed(Exception):
    """The job ends as Failed; the message is its FailureReason."""


def settle(job: Record, status: str, reason: str | None = None) -> None:
    """Set the job's status and tell EventBridge."""
    change(job, TransformJobStatus=status, FailureReason=reason[:REASON_LENGTH] if reason else None)
    tell(job)


def tell(job: Record) -> None:
    """Send the job's state. Never under the store's lock: who receives it may ask back at once."""
    with lock:
        detail = dict(job)
    events.send(DETAIL_TYPE, job["TransformJobArn"], detail)


def request_stop(name: str) -> None:
    """Ask a running job to end."""
    _stops.setdefault(name, threading.Event()).set()


class TransformRun:
    """The life of one job, in a thread of its own."""

    def __init__(self, job: Record, model: Record) -> None:
        self._job = job
        self._model = model
        self._name: str = job["TransformJobName"]
        self._role = roles.Role(model["ExecutionRoleArn"])
        self._stop = _stops.setdefault(self._name, threading.Event())
        self._client = BatchClient(job, self._stop)

    def run(self) -> None:
        """From the start to the end; whatever goes wrong ends as a reason in the job."""
        change(self._job, TransformStartTime=time.time())
        status, reason = "Completed", None
        interfaces: list[str] = []
        try:
            interfaces = network.attach(self._role, self._model.get("VpcConfig"), f"Transform Job {self._name}")
            self._work()
        except Stopped:
            status = "Stopped"
        except JobFailed as error:
            status, reason = "Failed", str(error)
        except StartFailed as error:
            status, reason = "Failed", f"AlgorithmError: The primary container {error}"
        except (DataError, ServiceError, roles.sessions.RoleError) as error:
            status, reason = "Failed", f"ClientError: {error}"
        except Exception as error:
            logger.exception("transform job %s", self._name)
            status, reason = "Failed", f"InternalServerError: {type(error).__name__}: {error}"
        self._leave(interfaces)
        change(self._job, TransformEndTime=time.time())
        settle(self._job, status, reason)

    def _work(self) -> None:
        if failure := faults.job_failure("sagemaker:CreateTransformJob", self._job, self._stop):
            raise JobFailed(failure)
        wanted = objects.inputs(self._role, self._job["TransformInput"]["DataSource"]["S3DataSource"])
        self._check_stop()
        server = servers.start(self._plan())
        try:
            failed = [item for item in wanted if not self._transform(server, item)]
        finally:
            server.stop()
        if failed:
            raise JobFailed("ClientError: See job logs for more information")

    def _plan(self) -> Plan:
        folder = settings.work_folder("sagemaker", "transform", self._name)
        return Plan(
            model=self._model,
            folder=folder,
            instance_type=self._job["TransformResources"]["InstanceType"],
            log_group=LOG_GROUP,
            log_stream=f"{self._name}/i-{int(self._job['CreationTime']):017x}",
            environment={"SAGEMAKER_BATCH": "true", **(self._job.get("Environment") or {})},
        )

    def _transform(self, server: ModelServer, item: Input) -> bool:
        """Put one object through; without a single bad answer its output is written. Whether it was."""
        given, output = self._job["TransformInput"], self._job["TransformOutput"]
        content = objects.read(self._role, item.place)
        try:
            bodies = list(
                batches.split(
                    content,
                    by_line=given.get("SplitType", "None") == "Line",
                    many=self._job["BatchStrategy"] == "MultiRecord",
                    limit=int(self._job["MaxPayloadInMB"]) * MEGABYTE,
                )
            )
            with ThreadPoolExecutor(max(1, int(self._job["MaxConcurrentTransforms"]))) as pool:
                answers = list(pool.map(lambda body: self._client.send(server, body), bodies))
        except (batches.RecordTooLong, BadAnswer) as error:
            server.shipper.write(f"[sagemaker logs]: {item.place}: {error}")
            return False
        self._check_stop()
        assembled = batches.assemble(answers, by_line=output.get("AssembleWith", "None") == "Line")
        target = objects.below(output["S3OutputPath"], f"{item.relative}.out")
        objects.write(self._role, target, assembled, output.get("KmsKeyId"))
        return True

    def _check_stop(self) -> None:
        if self._stop.is_set():
            raise Stopped

    def _leave(self, interfaces: list[str]) -> None:
        try:
            network.detach(self._role, interfaces)
        except (DataError, roles.sessions.RoleError) as error:
            logger.warning("transform job %s: %s", self._name, error)
