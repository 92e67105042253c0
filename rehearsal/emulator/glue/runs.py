"""One run of a job: its record, its process, its end."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import threading
import time
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rehearsal.emulator import children, faults, permissions, sessions, settings
from rehearsal.emulator.glue import job_logs, security, spark
from rehearsal.emulator.glue.failure import error_message
from rehearsal.emulator.glue.job_rules import role_arn
from rehearsal.emulator.glue.staging import URI as S3_URI
from rehearsal.emulator.glue.staging import Staging, StagingFailed, addresses, fetch_object

PRINCIPAL = job_logs.PRINCIPAL
SESSION = job_logs.SESSION
SECONDS_PER_MINUTE = 60
PYTHON_FILES = "--extra-py-files"
Record = dict[str, Any]


class JobRun:
    """Runs the deployed script. The record is what GetJobRun shows."""

    def __init__(self, job: Mapping[str, Any], record: Record, arguments: Mapping[str, str]) -> None:
        self.record = record
        self._job = job
        self._arguments = arguments
        self._role = role_arn(job)
        self._folder = settings.work_folder("glue", record["Id"])
        self._process: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._notes: list[str] = []

    def stop(self) -> None:
        """End the process; the run's own thread then notes STOPPED."""
        with self._lock:
            self._stopping.set()
            self.record["JobRunState"] = "STOPPING"
            process = self._process
        if process is not None:
            children.stop(process)

    def run(self) -> tuple[str, str]:
        """Stage, run, write back, log; the final state and the error message."""
        outcome = ("FAILED", "")
        try:
            outcome = self._staged_run()
        except (StagingFailed, security.NotRetrieved, sessions.RoleError, settings.SettingsError, OSError) as problem:
            outcome = ("FAILED", str(problem))
        if self._stopping.is_set():
            outcome = ("STOPPED", "")
        if outcome[1]:
            self._notes.append(outcome[1])
        self._write_logs()
        shutil.rmtree(self._folder / "s3", ignore_errors=True)
        return outcome

    def _staged_run(self) -> tuple[str, str]:
        if failure := faults.job_failure("glue:StartJobRun", self.record, self._stopping):
            return "FAILED", failure
        client = sessions.role_client("s3", self._role, PRINCIPAL, SESSION)
        security.retrieve(self._job.get("SecurityConfiguration"), self._role, SESSION)
        script = self._fetch(client, self._job["Command"]["ScriptLocation"], "script")
        python_files = [
            self._fetch(client, uri.strip(), "python")
            for uri in self._arguments.get(PYTHON_FILES, "").split(",")
            if uri.strip()
        ]
        root = self._folder / "s3"
        root.mkdir()
        staging = Staging(root, client, self._may)
        number = staging.fetch(addresses(self._arguments))
        self._notes.append(f"Staged {number} objects from {len(staging.buckets())} buckets")
        configuration = self._folder / "conf"
        spark.write_configuration(configuration, {bucket: staging.folder(bucket) for bucket in staging.buckets()})
        role = sessions.role_environment(self._role, PRINCIPAL, SESSION)
        outcome = self._execute(
            spark.command(script, self._arguments), spark.environment(role, configuration, python_files)
        )
        if outcome[0] == "FAILED" and (refused := staging.refusal_of_one_in(self._text("stderr"))):
            outcome = ("FAILED", refused)
        put, deleted = staging.write_back(self._put_options())
        self._notes.append(f"Wrote {put} objects, deleted {deleted}")
        return outcome

    def _may(self, action: str, resource: str, context: Mapping[str, str]) -> bool:
        caller = permissions.session_arn(self._role, SESSION)
        return permissions.may(permissions.Question(caller, action, resource, context))

    def _execute(self, argv: list[str], environment: dict[str, str]) -> tuple[str, str]:
        files = [(self._folder / name).open("wb") for name in ("stdout", "stderr")]
        with contextlib.ExitStack() as closing:
            output, errors = (closing.enter_context(file) for file in files)
            with self._lock:
                if self._stopping.is_set():
                    return "STOPPED", ""
                self._process = children.spawn(
                    argv, env=environment, cwd=self._folder, stdout=output.fileno(), stderr=errors.fileno()
                )
                self.record["JobRunState"] = "RUNNING"
            seconds = float(self.record["Timeout"]) * SECONDS_PER_MINUTE
            try:
                code = self._process.wait(seconds)
            except subprocess.TimeoutExpired:
                children.stop(self._process)
                return "TIMEOUT", f"Job run exceeded its timeout of {self.record['Timeout']} minutes"
            children.stop(self._process)  # what the script left behind in its process group
        return ("SUCCEEDED", "") if code == 0 else ("FAILED", error_message(self._text("stderr"), code))

    def _fetch(self, client: Any, uri: str, folder: str) -> Path:
        found = S3_URI.fullmatch(uri)
        if found is None:
            raise StagingFailed(f"{uri!r} is no s3:// address of an object")
        target = self._folder / folder / found[2].rsplit("/", 1)[-1]
        fetch_object(client, (found[1], found[2]), target)
        return target

    def _put_options(self) -> dict[str, Any]:
        for entry in job_logs.encryption(self._job.get("SecurityConfiguration")).get("S3Encryption", []):
            if entry.get("S3EncryptionMode") == "SSE-KMS":
                return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": entry["KmsKeyArn"]}
            if entry.get("S3EncryptionMode") == "SSE-S3":
                return {"ServerSideEncryption": "AES256"}
        return {}

    def _write_logs(self) -> None:
        configuration = self._job.get("SecurityConfiguration") or None
        said = {"output": self._text("stdout"), "error": "\n".join([self._text("stderr"), *self._notes])}
        texts = {}
        for kind, text in said.items():
            group = job_logs.group_name(kind, self._role, configuration, self._arguments)
            refusal = job_logs.log_refusal(group, self._role, configuration)
            if refusal:
                job_logs.logger.warning("the log of the Glue run %s is lost: %s", self.record["Id"], refusal)
            else:
                texts[group] = text
        with contextlib.suppress(sessions.RoleError):
            client = sessions.role_client("logs", self._role, PRINCIPAL, SESSION)
            job_logs.write(client, self.record["Id"], texts)

    def _text(self, name: str) -> str:
        path = self._folder / name
        return path.read_text(errors="replace") if path.exists() else ""


def new_record(job: Mapping[str, Any], request: Mapping[str, Any]) -> Record:
    """The record of a run that has just been started."""
    now = time.time()
    return {
        "Id": f"jr_{uuid.uuid4().hex}{uuid.uuid4().hex}",
        "Attempt": 0,
        "JobName": job["Name"],
        "StartedOn": now,
        "LastModifiedOn": now,
        "JobRunState": "STARTING",
        "Arguments": dict(request.get("Arguments", {})),
        "PredecessorRuns": [],
        "ExecutionTime": 0,
        "Timeout": request.get("Timeout") or job["Timeout"],
        "WorkerType": request.get("WorkerType") or job.get("WorkerType", "G.1X"),
        "NumberOfWorkers": request.get("NumberOfWorkers") or job.get("NumberOfWorkers", 2),
        "LogGroupName": job_logs.PREFIX,
        "GlueVersion": job["GlueVersion"],
        **({"SecurityConfiguration": job["SecurityConfiguration"]} if job.get("SecurityConfiguration") else {}),
    }


def script_arguments(job: Mapping[str, Any], record: Mapping[str, Any]) -> dict[str, str]:
    """What the script finds in sys.argv: Glue's own arguments, the job's defaults, the run's."""
    own = {"--JOB_NAME": job["Name"], "--JOB_ID": f"j_{uuid.uuid5(uuid.NAMESPACE_OID, job['Name']).hex}"}
    own["--JOB_RUN_ID"] = record["Id"]
    if job.get("SecurityConfiguration"):
        own["--SECURITY_CONFIGURATION"] = job["SecurityConfiguration"]
    return {
        **own,
        **job.get("DefaultArguments", {}),
        **record["Arguments"],
        **job.get("NonOverridableArguments", {}),
    }
