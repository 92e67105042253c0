"""The jobs API of Glue where it differs from what ministack answers."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

from ministack.services import eventbridge, glue

from rehearsal.emulator import background
from rehearsal.emulator.glue import job_rules
from rehearsal.emulator.glue.runs import JobRun, new_record, script_arguments
from rehearsal.emulator.responses import Response, json_error

ACTIVE = ("STARTING", "RUNNING", "STOPPING")
STOPPABLE = ("STARTING", "RUNNING")
SEVERITIES = {"SUCCEEDED": "INFO", "STOPPED": "INFO", "FAILED": "ERROR", "TIMEOUT": "WARN"}
JOB_DEFAULTS: dict[str, Any] = {
    "DefaultArguments": {},
    "ExecutionProperty": {"MaxConcurrentRuns": 1},
    "GlueVersion": job_rules.DEFAULT_GLUE_VERSION,
    "MaxRetries": 0,
    "NonOverridableArguments": {},
    "Timeout": job_rules.DEFAULT_TIMEOUT_MINUTES,
}
Operation = Callable[[dict[str, Any]], Response]

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.eventbridge": ("_put_events",),
    "ministack.services.glue": (
        "_batch_stop_job_run",
        "_create_job",
        "_job_runs",
        "_jobs",
        "_start_job_run",
        "_update_job",
    ),
}

_live: dict[str, JobRun] = {}
_lock = threading.Lock()


def install() -> None:
    """Replace the operations that make, start and stop."""
    glue._create_job = create(glue._create_job)
    glue._update_job = update
    glue._start_job_run = start
    glue._batch_stop_job_run = stop


def create(stock: Operation) -> Operation:
    """CreateJob, which keeps every field and refuses what cannot run here."""

    def checked(data: dict[str, Any]) -> Response:
        try:
            job_rules.check(data)
        except job_rules.JobRefused as refused:
            return _invalid(refused)
        answer = stock(data)
        if answer[0] == 200:
            fields = {name: value for name, value in data.items() if name not in ("Name", "Tags")}
            glue._jobs[data["Name"]].update({**JOB_DEFAULTS, **fields})
        return answer

    return checked


def update(data: dict[str, Any]) -> Response:
    """UpdateJob: the update is the whole new definition."""
    name = data.get("JobName")
    if name not in glue._jobs:
        return json_error("EntityNotFoundException", f"Job {name} not found")
    try:
        job_rules.check(data.get("JobUpdate", {}))
    except job_rules.JobRefused as refused:
        return _invalid(refused)
    kept = {key: glue._jobs[name][key] for key in ("Name", "Tags", "CreatedOn") if key in glue._jobs[name]}
    glue._jobs[name] = {**JOB_DEFAULTS, **data["JobUpdate"], **kept, "LastModifiedOn": time.time()}
    return _answer({"JobName": name})


def start(data: dict[str, Any]) -> Response:
    """StartJobRun."""
    name = data.get("JobName")
    job = glue._jobs.get(name)
    if job is None:
        return json_error("EntityNotFoundException", f"Job {name} not found")
    job = {**JOB_DEFAULTS, **job}
    try:
        job_rules.check(job)
        job_rules.check_overrides(job, data.get("Arguments", {}))
        job_rules.check_arguments(data.get("Arguments", {}))
    except job_rules.JobRefused as refused:
        return _invalid(refused)
    with _lock:
        runs = _runs_of(name)
        active = [run for run in runs if run["JobRunState"] in ACTIVE]
        if len(active) >= int(job["ExecutionProperty"]["MaxConcurrentRuns"]):
            return json_error("ConcurrentRunsExceededException", f"Concurrent runs exceeded for {name}")
        record = new_record(job, data)
        glue._job_runs[name] = [*runs, record]
        run = _live[record["Id"]] = JobRun(job, record, script_arguments(job, record))
    background.run(_run_to_end, run)
    return _answer({"JobRunId": record["Id"]})


def stop(data: dict[str, Any]) -> Response:
    """BatchStopJobRun: the processes end; each run is STOPPING until its own is gone."""
    name = data.get("JobName")
    known = {run["Id"]: run for run in _runs_of(name)}
    stopped, errors = [], []
    for run_id in data.get("JobRunIds", []):
        run = _live.get(run_id)
        if run is not None and run_id in known and known[run_id]["JobRunState"] in STOPPABLE:
            background.run(run.stop)
            stopped.append({"JobName": name, "JobRunId": run_id})
            continue
        code = "InvalidInputException" if run_id in known else "EntityNotFoundException"
        detail = {"ErrorCode": code, "ErrorMessage": f"Job run {run_id} is not running"}
        errors.append({"JobName": name, "JobRunId": run_id, "ErrorDetail": detail})
    return _answer({"SuccessfulSubmissions": stopped, "Errors": errors})


def _runs_of(name: Any) -> list[dict[str, Any]]:
    return glue._job_runs.get(name) or []


def _run_to_end(run: JobRun) -> None:
    state, message = "FAILED", "The rehearsal failed"
    try:
        state, message = run.run()
    finally:
        now = time.time()
        elapsed = int(now - run.record["StartedOn"])
        run.record.update(CompletedOn=now, LastModifiedOn=now, ExecutionTime=elapsed)
        if message:
            run.record["ErrorMessage"] = message
        run.record["JobRunState"] = state
        _live.pop(run.record["Id"], None)
        _tell(run.record, state, message)


def _tell(record: dict[str, Any], state: str, message: str) -> None:
    detail = {
        "jobName": record["JobName"],
        "severity": SEVERITIES[state],
        "state": state,
        "jobRunId": record["Id"],
        "message": message or f"Job run {state.lower()}",
    }
    entry = {"Source": "aws.glue", "DetailType": "Glue Job State Change", "Detail": json.dumps(detail)}
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def _invalid(refused: job_rules.JobRefused) -> Response:
    return json_error("InvalidInputException", str(refused))


def _answer(body: dict[str, Any]) -> Response:
    return 200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(body).encode()
