"""`.sync`: start a job, wait for its end, and stop it when nobody waits any more."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.emulator import clock, permissions, settings
from rehearsal.emulator.stepfunctions import tasks
from rehearsal.emulator.stepfunctions.errors import PERMISSIONS, TASK_FAILED, Interruption, StateError
from rehearsal.emulator.stepfunctions.expressions import dumped
from rehearsal.emulator.stepfunctions.resources import Integration
from rehearsal.emulator.stepfunctions.tasks import Caller
from rehearsal.emulator.stepfunctions.watch import Watch

POLL_SECONDS = 10
SHORTEST_POLL_SECONDS = 0.2
MANAGED_RULE_ACTIONS = ("events:PutTargets", "events:PutRule", "events:DescribeRule")
MANAGED_TAG = {"Key": "MANAGED_BY_AWS", "Value": "STARTED_BY_STEP_FUNCTIONS"}

logger = logging.getLogger("rehearsal")
Record = dict[str, Any]


@dataclass(frozen=True)
class JobKind:
    """The calls that watch and stop one kind of job."""

    describe: str
    key: Callable[[Record, Record], Record]
    record: Callable[[Record], Record]
    status: str
    good: frozenset[str]
    bad: frozenset[str]
    stop: Callable[[Any, Record], Any]
    managed_rule: str | None


JOBS: dict[str, JobKind] = {
    "createTrainingJob": JobKind(
        describe="describeTrainingJob",
        key=lambda arguments, started: {"TrainingJobName": arguments["TrainingJobName"]},
        record=lambda answer: answer,
        status="TrainingJobStatus",
        good=frozenset({"Completed"}),
        bad=frozenset({"Failed", "Stopped"}),
        stop=lambda client, key: client.stop_training_job(**key),
        managed_rule="StepFunctionsGetEventsForSageMakerTrainingJobsRule",
    ),
    "createTransformJob": JobKind(
        describe="describeTransformJob",
        key=lambda arguments, started: {"TransformJobName": arguments["TransformJobName"]},
        record=lambda answer: answer,
        status="TransformJobStatus",
        good=frozenset({"Completed"}),
        bad=frozenset({"Failed", "Stopped"}),
        stop=lambda client, key: client.stop_transform_job(**key),
        managed_rule="StepFunctionsGetEventsForSageMakerTransformJobsRule",
    ),
    "startJobRun": JobKind(
        describe="getJobRun",
        key=lambda arguments, started: {"JobName": arguments["JobName"], "RunId": started["JobRunId"]},
        record=lambda answer: answer["JobRun"],
        status="JobRunState",
        good=frozenset({"SUCCEEDED"}),
        bad=frozenset({"FAILED", "STOPPED", "TIMEOUT", "ERROR", "EXPIRED"}),
        stop=lambda client, key: client.batch_stop_job_run(JobName=key["JobName"], JobRunIds=[key["RunId"]]),
        managed_rule=None,
    ),
}


def run(
    caller: Caller, integration: Integration, arguments: Record, watch: Watch, submitted: Callable[[Record], object]
) -> Record:
    """Start the job and wait for it. Its description is the result, or the Cause when it ended badly."""
    kind = JOBS[integration.action]
    refusal = managed_rule_refusal(caller.role_arn, integration, caller.session_name)
    if refusal:
        raise StateError(PERMISSIONS, refusal)
    watch.check()
    # Not through the watch: a job that was started must be known, or nobody could stop it.
    started = tasks.call(caller, integration, _tagged(integration, arguments))
    key = kind.key(arguments, started)
    try:
        submitted(started)
        return _wait(caller, integration, kind, key, watch)
    except Interruption:
        # Not at States.Timeout: AWS cancels a job whose execution is stopped or whose sibling fails, and no other.
        _stop(caller, integration, kind, key)
        raise


def _tagged(integration: Integration, arguments: Record) -> Record:
    """Step Functions tags the SageMaker jobs that it waits for, and the role needs the permission to tag."""
    if integration.service != "sagemaker" or not isinstance(arguments, dict):
        return arguments
    return {**arguments, "Tags": [*arguments.get("Tags", []), MANAGED_TAG]}


def managed_rule_refusal(role_arn: str, integration: Integration, session_name: str) -> str | None:
    """The reason why the role could not make the rule by which Step Functions learns of the job's end, or None."""
    kind = JOBS.get(integration.action) if integration.sync else None
    if kind is None or kind.managed_rule is None:
        return None
    arn = f"arn:aws:events:{settings.region()}:{settings.account_id()}:rule/{kind.managed_rule}"
    session = permissions.session_arn(role_arn, session_name)
    for action in MANAGED_RULE_ACTIONS:
        refusal = permissions.refusal(permissions.Question(session, action, arn, {}))
        if refusal:
            return f"'{role_arn}' is not authorized to create managed-rule: {refusal}"
    return None


def _wait(caller: Caller, integration: Integration, kind: JobKind, key: Record, watch: Watch) -> Record:
    describe = replace(integration, action=kind.describe, sync=False)
    while True:
        watch.sleep(max(clock.shortened(POLL_SECONDS), SHORTEST_POLL_SECONDS))
        record = kind.record(watch.call(lambda: tasks.call(caller, describe, key)))
        status = record[kind.status]
        if status in kind.good:
            return record
        if status in kind.bad:
            raise StateError(TASK_FAILED, dumped(record))


def _stop(caller: Caller, integration: Integration, kind: JobKind, key: Record) -> None:
    """Stop the job with the machine's role; a job that has ended by itself in between is no problem."""
    with contextlib.suppress(StateError):
        try:
            kind.stop(caller.client(integration.client_name), key)
        except (ClientError, BotoCoreError) as problem:
            logger.warning("the job %s was not stopped: %s", key, problem)
