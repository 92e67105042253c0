"""One training job at work: data down, the toolkit's entry point as a process, the model up."""

from __future__ import annotations

import logging
import subprocess
import threading
import time

from rehearsal.emulator import children, faults, settings
from rehearsal.emulator.sagemaker import container, events, metrics, network, roles, training_box
from rehearsal.emulator.sagemaker.container import Container
from rehearsal.emulator.sagemaker.joblogs import LogShipper
from rehearsal.emulator.sagemaker.objects import DataError
from rehearsal.emulator.sagemaker.store import Record, change, lock

LOG_GROUP = "/aws/sagemaker/TrainingJobs"
DETAIL_TYPE = "SageMaker Training Job State Change"
STOP_GRACE_SECONDS = 10.0
POLL_SECONDS = 0.1
ENDED = ("Completed", "Failed", "Stopped")

logger = logging.getLogger("rehearsal.sagemaker")

_stops: dict[str, threading.Event] = {}


class JobFailed(Exception):
    """The job ends as Failed; the message is its FailureReason."""


def move(job: Record, status: str, secondary: str, message: str) -> None:
    """Set the job's status and note the step."""
    now = time.time()
    with lock:
        steps = job["SecondaryStatusTransitions"]
        steps[-1].setdefault("EndTime", now)
        steps.append({"Status": secondary, "StartTime": now, "StatusMessage": message})
        if status in ENDED:
            steps[-1]["EndTime"] = now
        change(job, TrainingJobStatus=status, SecondaryStatus=secondary)


def tell(job: Record) -> None:
    """Send the job's state. Never under the store's lock: who receives it may ask back at once."""
    with lock:
        detail = dict(job)
    events.send(DETAIL_TYPE, job["TrainingJobArn"], detail)


def request_stop(name: str) -> None:
    """Ask a running job to end."""
    _stops.setdefault(name, threading.Event()).set()


class TrainingRun:
    """The life of one job, in a thread of its own."""

    def __init__(self, job: Record) -> None:
        self._job = job
        self._name: str = job["TrainingJobName"]
        self._isolated: bool = job["EnableNetworkIsolation"]
        self._role = roles.Role(job["RoleArn"])
        self._stop = _stops.setdefault(self._name, threading.Event())
        self._folder = settings.work_folder("sagemaker", "training", self._name)
        self._log = self._folder / "container.log"
        stream = f"{self._name}/{training_box.HOST}-{int(job['CreationTime'])}"
        self._shipper = LogShipper(self._role, LOG_GROUP, stream, self._log)

    def run(self) -> None:
        """Everything from Starting to the end; whatever goes wrong ends as a reason in the job."""
        try:
            interfaces = network.attach(self._role, self._job.get("VpcConfig"), f"Training Job {self._name}")
            try:
                self._shipper.start()
                status, secondary, reason = *self._work(), None
            finally:
                network.detach(self._role, interfaces)
        except JobFailed as error:
            status, secondary, reason = "Failed", "Failed", str(error)
        except (DataError, roles.sessions.RoleError) as error:
            status, secondary, reason = "Failed", "Failed", f"ClientError: {error}"
        except Exception as error:
            logger.exception("training job %s", self._name)
            status, secondary, reason = "Failed", "Failed", f"InternalServerError: {type(error).__name__}: {error}"
        self._end(status, secondary, reason)

    def _work(self) -> tuple[str, str]:
        """The job's status and secondary status at its end."""
        if failure := faults.job_failure("sagemaker:CreateTrainingJob", self._job, self._stop):
            raise JobFailed(failure)
        self._go("Downloading", "Downloading the training image and input data")
        box = container.create(self._folder, isolated=self._isolated)
        training_box.fill(box, self._job, self._role)
        self._go("Training", "Training image download completed. Training in progress.")
        change(self._job, TrainingStartTime=time.time())
        try:
            status, secondary = self._train(box)
        finally:
            change(self._job, TrainingEndTime=time.time())
            self._shipper.finish()
        self._record_metrics()
        if status == "Completed":
            self._go("Uploading", "Uploading generated training model")
        model = training_box.take_out(box, self._job, self._role)
        change(self._job, ModelArtifacts={"S3ModelArtifacts": model})
        return status, secondary

    def _train(self, box: Container) -> tuple[str, str]:
        given = {
            "TRAINING_JOB_NAME": self._name,
            "TRAINING_JOB_ARN": self._job["TrainingJobArn"],
            **(self._job.get("Environment") or {}),
        }
        credentials = {} if self._isolated else self._role.environment()
        process = children.spawn(
            [box.python, "-m", "sagemaker_containers.cli.train"],
            env=box.environment(given, credentials=credentials, isolated=self._isolated),
            cwd=box.base,
            log=self._log,
        )
        stopped = self._wait(process)
        if stopped is not None:
            children.stop(process, STOP_GRACE_SECONDS)
            return "Stopped", stopped
        children.stop(process, 0)
        if process.returncode != 0:
            raise JobFailed(training_box.failure_reason(box, process.returncode))
        return "Completed", "Completed"

    def _wait(self, process: subprocess.Popen[bytes]) -> str | None:
        """Wait for the process. The reason to stop it, or None when it ended by itself."""
        deadline = time.monotonic() + self._job["StoppingCondition"]["MaxRuntimeInSeconds"]
        while process.poll() is None:
            if self._stop.wait(POLL_SECONDS):
                return "Stopped"
            if time.monotonic() > deadline:
                return "MaxRuntimeExceeded"
        return None

    def _record_metrics(self) -> None:
        definitions = self._job["AlgorithmSpecification"].get("MetricDefinitions") or []
        text = self._log.read_text("utf-8", "replace") if self._log.exists() else ""
        found = [metric for definition in definitions for metric in metrics.of_log(definition, text)[-1:]]
        if found:
            change(self._job, FinalMetricDataList=found)
            metrics.publish_training(self._name, found)

    def _go(self, secondary: str, message: str) -> None:
        if not self._stop.is_set():
            move(self._job, "InProgress", secondary, message)
            tell(self._job)

    def _end(self, status: str, secondary: str, reason: str | None) -> None:
        self._shipper.finish()
        started = self._job.get("TrainingStartTime")
        if started is not None:
            seconds = max(1, round(self._job["TrainingEndTime"] - started))
            change(self._job, TrainingTimeInSeconds=seconds, BillableTimeInSeconds=seconds)
        change(self._job, FailureReason=reason[: training_box.REASON_LENGTH] if reason else None)
        move(self._job, status, secondary, reason or f"Training job {status.lower()}")
        tell(self._job)
