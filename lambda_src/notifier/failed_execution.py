"""An execution did not succeed: find out where and why."""

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from lambda_src.common.telemetry import logger
from lambda_src.notifier.history import Failure, HistoryReader, Job, failed_job, named_state
from lambda_src.notifier.message import MARK, Execution, body, subject
from lambda_src.notifier.notice import Notice, Platform

# A failure stands near the end; a history may have 25,000 events.
MAXIMUM_EVENTS = 2000
PAGE = 200


def identity(detail: Mapping[str, Any]) -> dict[str, str]:
    """The identity of an end: a redriven execution ends again, at another time."""
    return {"execution": detail["executionArn"], "status": detail["status"], "stopped": str(detail.get("stopDate"))}


def failed_execution_notice(detail: Mapping[str, Any], platform: Platform, *, stepfunctions: Any, logs: Any) -> Notice:
    """The message about it."""
    described = stepfunctions.describe_execution(executionArn=detail["executionArn"])
    execution = Execution(detail["executionArn"], detail["status"], platform.prefix, described.get("input", ""))
    failure, state = _failure(stepfunctions, execution, described)
    job = failed_job(failure.cause) if failure else None
    log_line = _log_line(logs, job) if job else None
    return Notice(subject(execution, state), body(execution, failure, state, log_line, job))


def _failure(
    stepfunctions: Any, execution: Execution, described: Mapping[str, Any]
) -> tuple[Failure | None, str | None]:
    """The failing task as the history tells it; else what the execution itself says."""
    own = Failure("", described.get("error", ""), described.get("cause", ""))
    reader = HistoryReader()
    found = reader.read(_events(stepfunctions, execution.arn)) if execution.status == "FAILED" else None
    if found and _ended_by(reader.last_entered, found, own):
        return found, found.state
    if execution.status != "FAILED":
        reader.read(_events(stepfunctions, execution.arn))
    return (own if own.error or own.cause else None), named_state(own.cause) or reader.last_entered


def _ended_by(last_entered: str | None, found: Failure, own: Failure) -> bool:
    """A task may fail, be caught and be mended long before the end, or fail on the way back from what ended it; the
    execution's own words decide."""
    named = named_state(own.cause)
    if named is not None:
        return named == found.state
    if last_entered == found.state or not own.cause:
        return True
    return found.state in own.cause or (bool(found.error) and found.error in (own.error + own.cause))


def _events(stepfunctions: Any, execution_arn: str) -> Iterator[Mapping[str, Any]]:
    pages = stepfunctions.get_paginator("get_execution_history").paginate(
        executionArn=execution_arn,
        reverseOrder=True,
        PaginationConfig={"MaxItems": MAXIMUM_EVENTS, "PageSize": PAGE},
    )
    return (event for page in pages for event in page["events"])


def _log_line(logs: Any, job: Job) -> str | None:
    """The job's own line, if it wrote one. A log that cannot be read must not keep the message from people."""
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=job.log_group,
        logStreamNamePrefix=job.name,
        filterPattern=MARK,
        PaginationConfig={"MaxItems": 10},
    )
    try:
        lines = [event["message"] for page in pages for event in page["events"]]
    except ClientError as error:
        # No log group means that no job ever wrote anything.
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            logger.exception("the job's log cannot be read", log_group=job.log_group, job=job.name)
        return None
    return lines[-1] if lines else None
