"""`.sync` tasks: the result, the failure, and the job that must not outlive the task."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from tests.emulator.conftest import Emulator, statement, wait_until

pytestmark = pytest.mark.slow
SECONDS = 40
SCRIPTS = {
    "good": "print('done')\n",
    "bad": "raise ValueError('column age: 12 values are no numbers')\n",
    "endless": "import time\nwhile True:\n    time.sleep(0.1)\n",
}
GLUE_ACTIONS = ["glue:StartJobRun", "glue:GetJobRun", "glue:GetJobRuns", "glue:BatchStopJobRun"]


@dataclass
class Jobs:
    """Glue jobs without Spark, and machines that run them."""

    emulator: Emulator
    name: str

    def job(self, script: str) -> str:
        bucket = f"scripts-{self.name}"
        s3 = self.emulator.client("s3")
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="job.py", Body=SCRIPTS[script].encode())
        role = self.emulator.role(
            f"{self.name}-job",
            "glue.amazonaws.com",
            [statement("s3:GetObject", f"arn:aws:s3:::{bucket}/*")],
        )
        name = f"{self.name}-etl"
        self.emulator.client("glue").create_job(
            Name=name,
            Role=role,
            Command={"Name": "glueetl", "ScriptLocation": f"s3://{bucket}/job.py", "PythonVersion": "3"},
            GlueVersion="5.1",
            WorkerType="G.1X",
            NumberOfWorkers=2,
            Timeout=5,
        )
        return name

    def start(self, job: str, seconds: int, task_seconds: int, **task: Any) -> str:
        sfn = self.emulator.client("stepfunctions")
        role = self.emulator.role(f"{self.name}-machine", "states.amazonaws.com", [statement(GLUE_ACTIONS)])
        state = {
            "Type": "Task",
            "Resource": "arn:aws:states:::glue:startJobRun.sync",
            "Arguments": {"JobName": job, "Arguments": {"--model": "churn"}},
            "TimeoutSeconds": task_seconds,
            "End": True,
            **task,
        }
        definition = {
            "QueryLanguage": "JSONata",
            "StartAt": "RunEtl",
            "TimeoutSeconds": seconds,
            "States": {"RunEtl": state, **({"Caught": {"Type": "Succeed"}} if "Catch" in task else {})},
        }
        machine = sfn.create_state_machine(name=self.name, definition=json.dumps(definition), roleArn=role)
        return str(sfn.start_execution(stateMachineArn=machine["stateMachineArn"])["executionArn"])

    def ended(self, execution: str) -> dict[str, Any]:
        sfn = self.emulator.client("stepfunctions")

        def over() -> dict[str, Any] | None:
            answer = sfn.describe_execution(executionArn=execution)
            return None if answer["status"] == "RUNNING" else answer

        return dict(wait_until(over, SECONDS, f"the end of {execution}"))

    def state(self, job: str) -> str:
        runs = self.emulator.client("glue").get_job_runs(JobName=job)["JobRuns"]
        return str(runs[-1]["JobRunState"]) if runs else "none"

    def history(self, execution: str) -> list[dict[str, Any]]:
        sfn = self.emulator.client("stepfunctions")
        return list(sfn.get_execution_history(executionArn=execution, maxResults=1000)["events"])


@pytest.fixture
def jobs(emulator: Emulator) -> Jobs:
    return Jobs(emulator, f"sync-{uuid.uuid4().hex[:8]}")


CATCH = [{"ErrorEquals": ["States.ALL"], "Next": "Caught", "Output": "{% $states.errorOutput %}"}]


def test_a_sync_task_waits_and_returns_the_jobs_description(jobs: Jobs) -> None:
    job = jobs.job("good")
    execution = jobs.start(job, 60, 50)
    ended = jobs.ended(execution)
    assert ended["status"] == "SUCCEEDED", ended
    run = json.loads(ended["output"])
    assert (run["JobRunState"], run["JobName"], run["Arguments"]) == ("SUCCEEDED", job, {"--model": "churn"})
    assert isinstance(run["CompletedOn"], int)
    types = [event["type"] for event in jobs.history(execution)]
    expected = ["TaskStateEntered", "TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded", "TaskStateExited"]
    assert types[1:-1] == expected


def test_a_failed_job_is_task_failed_with_its_description_as_cause(jobs: Jobs) -> None:
    ended = jobs.ended(jobs.start(jobs.job("bad"), 60, 50))
    assert (ended["status"], ended["error"]) == ("FAILED", "States.TaskFailed")
    run = json.loads(ended["cause"])
    assert run["JobRunState"] == "FAILED"
    assert run["ErrorMessage"].endswith("; ValueError: column age: 12 values are no numbers")


def test_a_task_that_times_out_leaves_its_job_and_can_be_caught(jobs: Jobs) -> None:
    job = jobs.job("endless")
    execution = jobs.start(job, 60, 3, Catch=CATCH)
    ended = jobs.ended(execution)
    assert ended["status"] == "SUCCEEDED", ended
    assert json.loads(ended["output"])["Error"] == "States.Timeout"
    [run] = jobs.emulator.client("glue").get_job_runs(JobName=job)["JobRuns"]
    assert run["JobRunState"] in ("STARTING", "RUNNING")
    jobs.emulator.client("glue").batch_stop_job_run(JobName=job, JobRunIds=[run["Id"]])
    assert "TaskTimedOut" in [event["type"] for event in jobs.history(execution)]


def test_a_machine_that_times_out_stops_its_job_and_runs_no_catch(jobs: Jobs) -> None:
    job = jobs.job("endless")
    ended = jobs.ended(jobs.start(job, 3, 50, Catch=CATCH))
    assert ended["status"] == "TIMED_OUT"
    wait_until(lambda: jobs.state(job) == "STOPPED", SECONDS, "the job to be stopped")


def test_a_stopped_execution_stops_its_job(jobs: Jobs) -> None:
    job = jobs.job("endless")
    execution = jobs.start(job, 60, 50, Catch=CATCH)
    wait_until(lambda: jobs.state(job) == "RUNNING", SECONDS, "the job to run")
    jobs.emulator.client("stepfunctions").stop_execution(executionArn=execution)
    assert jobs.ended(execution)["status"] == "ABORTED"
    wait_until(lambda: jobs.state(job) == "STOPPED", SECONDS, "the job to be stopped")


def test_a_deleted_machine_stops_its_job(jobs: Jobs) -> None:
    job = jobs.job("endless")
    execution = jobs.start(job, 60, 50)
    wait_until(lambda: jobs.state(job) == "RUNNING", SECONDS, "the job to run")
    machine = execution.replace(":execution:", ":stateMachine:").rsplit(":", 1)[0]
    jobs.emulator.client("stepfunctions").delete_state_machine(stateMachineArn=machine)
    wait_until(lambda: jobs.state(job) == "STOPPED", SECONDS, "the job to be stopped")


def start_beside_a_failing_branch(jobs: Jobs, job: str) -> str:
    """Start a machine that runs the job beside a branch that fails soon; the execution."""
    sfn = jobs.emulator.client("stepfunctions")
    role = jobs.emulator.role(f"{jobs.name}-machine", "states.amazonaws.com", [statement(GLUE_ACTIONS)])
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::glue:startJobRun.sync",
        "Arguments": {"JobName": job},
        "End": True,
    }
    failing = {
        "StartAt": "Wait",
        "States": {"Wait": {"Type": "Wait", "Seconds": 30, "Next": "No"}, "No": {"Type": "Fail", "Error": "E"}},
    }
    branches = [{"StartAt": "Run", "States": {"Run": task}}, failing]
    states = {"Both": {"Type": "Parallel", "Branches": branches, "End": True}}
    definition = json.dumps({"QueryLanguage": "JSONata", "StartAt": "Both", "States": states})
    machine = sfn.create_state_machine(name=jobs.name, definition=definition, roleArn=role)["stateMachineArn"]
    return str(sfn.start_execution(stateMachineArn=machine)["executionArn"])


def test_a_failing_branch_stops_the_job_of_another_branch(jobs: Jobs) -> None:
    job = jobs.job("endless")
    ended = jobs.ended(start_beside_a_failing_branch(jobs, job))
    assert (ended["status"], ended["error"]) == ("FAILED", "E")
    wait_until(lambda: jobs.state(job) == "STOPPED", SECONDS, "the job to be stopped")


def test_one_run_too_many_has_the_name_that_retry_waits_for(jobs: Jobs) -> None:
    job = jobs.job("endless")
    run = jobs.emulator.client("glue").start_job_run(JobName=job)["JobRunId"]
    ended = jobs.ended(jobs.start(job, 60, 50, Catch=CATCH))
    assert json.loads(ended["output"])["Error"] == "Glue.ConcurrentRunsExceededException"
    jobs.emulator.client("glue").batch_stop_job_run(JobName=job, JobRunIds=[run])
    wait_until(lambda: jobs.state(job) == "STOPPED", SECONDS, "the job to be stopped")
