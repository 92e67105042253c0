"""The one message: what failed, why, and what to do. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lambda_src.notifier.history import Failure, Job, readable
from lambda_src.notifier.ways_out import way_out

MAXIMUM_SUBJECT = 100
MAXIMUM_CAUSE = 6000
MARK = "PLATFORM_FAILURE"
CONSOLES = {"cn": "console.amazonaws.cn", "us-gov": "console.amazonaws-us-gov.com"}
WORDS = {"FAILED": "failed", "TIMED_OUT": "timed out", "ABORTED": "was aborted"}


@dataclass(frozen=True)
class Execution:
    """The execution that the event tells of."""

    arn: str
    status: str

    @property
    def machine(self) -> str:
        """The state machine's name."""
        return self.arn.split(":")[6]

    @property
    def name(self) -> str:
        """The execution's own name."""
        return self.arn.split(":")[7]

    @property
    def region(self) -> str:
        """Where it ran."""
        return self.arn.split(":")[3]


def subject(execution: Execution, state: str | None) -> str:
    """SNS takes at most 100 printable ASCII characters."""
    place = f" in {state}" if state else ""
    text = f"{execution.machine} {WORDS.get(execution.status, execution.status.lower())}{place}"
    printable = "".join(character if " " <= character <= "~" else "?" for character in text)
    return printable[:MAXIMUM_SUBJECT]


def body(
    execution: Execution, failure: Failure | None, state: str | None, log_line: str | None, job: Job | None
) -> str:
    """The text that people read."""
    reasons = platform_failure(log_line) if log_line else (readable(failure.cause) if failure else "")
    lines = [
        f"What:    {execution.machine} {WORDS.get(execution.status, execution.status)}",
        f"State:   {state or 'before the first state'}",
        f"Error:   {(failure.error if failure else '') or execution.status}",
        f"Cause:   {reasons[:MAXIMUM_CAUSE] or _without_cause(execution.status)}",
        f"Way out: {way_out(state)}",
        "",
        f"Execution: {execution.name}",
        f"Look:      {execution_link(execution)}",
    ]
    if job:
        lines.append(f"Log:       {log_link(execution.region, job)}")
    return "\n".join(lines) + "\n"


def platform_failure(log_line: str) -> str:
    """The training script's own words: file, column and reason."""
    text = log_line.partition(MARK)[2].strip()
    try:
        value: Any = json.loads(text)
    except ValueError:
        return text
    if not isinstance(value, Mapping):
        return text
    parts = [f"{name} {value[name]}" for name in ("file", "column") if value.get(name)]
    return ", ".join(parts) + (": " if parts else "") + str(value.get("reason", text))


def execution_link(execution: Execution) -> str:
    """The execution's page in the console."""
    region = execution.region
    return f"https://{_console(region)}/states/home?region={region}#/v2/executions/details/{execution.arn}"


def log_link(region: str, job: Job) -> str:
    """The job's log streams in the console, which wants each slash escaped twice, its percent sign as a dollar."""
    group = job.log_group.replace("/", "$252F")
    streams = f"log-group/{group}$3FlogStreamNameFilter$3D{job.name}"
    return f"https://{_console(region)}/cloudwatch/home?region={region}#logsV2:log-groups/{streams}"


def _console(region: str) -> str:
    domain = next((name for prefix, name in CONSOLES.items() if region.startswith(prefix)), "console.aws.amazon.com")
    return f"{region}.{domain}"


def _without_cause(status: str) -> str:
    return {"ABORTED": "somebody stopped the execution", "TIMED_OUT": "the execution's time was up"}.get(
        status, "Step Functions gives no cause"
    )
