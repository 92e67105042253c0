"""The one message: what failed, why, and what to do. Pure."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contract.run import model_of_execution
from contract.text import cut, one_line
from lambda_src.common.models import is_model_name
from lambda_src.notifier.failure_class import failure_class
from lambda_src.notifier.history import Failure, Job, readable
from lambda_src.notifier.notice import console, platform_options, printable
from lambda_src.notifier.ways_out import way_out

MAXIMUM_CAUSE = 6000
MARK = "PLATFORM_FAILURE"
PACKAGE_VERSION = re.compile(r":model-package/[\w-]+/(\d+)")
WORDS = {"FAILED": "failed", "TIMED_OUT": "timed out", "ABORTED": "was aborted"}


@dataclass(frozen=True)
class Execution:
    """The execution that the event tells of, and the input that it was given."""

    arn: str
    status: str
    prefix: str
    """Begins all names of the platform."""
    given: str = "{}"

    @property
    def machine(self) -> str:
        """The state machine's name."""
        return self.arn.split(":")[6]

    @property
    def model(self) -> str:
        """The model that it works for; a placeholder where neither its input nor its name says it."""
        model = model_of_execution(self.arn, self.given)
        return model if model is not None and is_model_name(model) else "MODEL"

    @property
    def kind(self) -> str:
        """Training or deployment."""
        return self.machine.rpartition("-")[2]

    @property
    def version(self) -> str:
        """The model version of a deployment; a placeholder where its input names none."""
        found = PACKAGE_VERSION.search(self.given)
        return found[1] if found else "VERSION"

    @property
    def name(self) -> str:
        """The execution's own name."""
        return self.arn.split(":")[7]

    @property
    def region(self) -> str:
        """The region in which it ran."""
        return self.arn.split(":")[3]


def subject(execution: Execution, state: str | None) -> str:
    """Machine, end and state in one line."""
    place = f" in {state}" if state else ""
    text = f"{execution.machine}: {execution.model} {WORDS.get(execution.status, execution.status.lower())}{place}"
    return printable(text)


def body(
    execution: Execution, failure: Failure | None, state: str | None, log_line: str | None, job: Job | None
) -> str:
    """The text that people read."""
    reasons = platform_failure(log_line) if log_line else (readable(failure.cause) if failure else "")
    error, cause = (failure.error, failure.cause) if failure else ("", "")
    kind = None if log_line else failure_class(error, cause)
    lines = [
        f"What:    {execution.machine} {WORDS.get(execution.status, execution.status)}",
        f"Model:   {execution.model}",
        f"State:   {state or 'before the first state'}",
        f"Error:   {one_line(error) or execution.status}",
        # A cause may hold a key or a cell: it stays in its line, whatever it holds.
        f"Cause:   {cut(one_line(reasons), MAXIMUM_CAUSE) or _without_cause(execution.status, failure)}",
        f"Way out: {way_out(state, execution.status, execution.kind, execution.model, execution.version, kind)}",
        f"Shell:   `mlops` is ./mlops in a checkout of the platform, after `{addressed(execution.prefix)}`",
        "",
        f"Execution: {execution.name}",
        f"Look:      {execution_link(execution)}",
        f"Log:       {log_link(execution.region, job) if job else machine_log_link(execution)}",
    ]
    return "\n".join(lines) + "\n"


def addressed(prefix: str) -> str:
    """The shell's line that makes the command line speak to this platform."""
    return " ".join(["export", *(f"MLOPS_{name.upper()}={value}" for name, value in platform_options(prefix).items())])


def platform_failure(log_line: str) -> str:
    """The training script's own words: file, column and reason."""
    text = log_line.partition(MARK)[2].strip()
    try:
        value: Any = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if not isinstance(value, Mapping):
        return text
    parts = [f"{name} {value[name]}" for name in ("file", "column") if value.get(name)]
    return ", ".join(parts) + (": " if parts else "") + str(value.get("reason", text))


def execution_link(execution: Execution) -> str:
    """The execution's page in the console."""
    region = execution.region
    return f"https://{console(region)}/states/home?region={region}#/v2/executions/details/{execution.arn}"


def log_link(region: str, job: Job) -> str:
    """The job's log streams in the console, which wants each slash escaped twice, its percent sign as a dollar."""
    return f"{_log_group_link(region, job.log_group)}$3FlogStreamNameFilter$3D{job.name}"


def machine_log_link(execution: Execution) -> str:
    """The log group of the machine: every step of every execution, errors of functions and crawlers included."""
    return _log_group_link(execution.region, f"/aws/vendedlogs/states/{execution.machine}")


def _log_group_link(region: str, log_group: str) -> str:
    group = log_group.replace("/", "$252F")
    return f"https://{console(region)}/cloudwatch/home?region={region}#logsV2:log-groups/log-group/{group}"


def _without_cause(status: str, failure: Failure | None) -> str:
    if failure and failure.error == "States.Timeout":
        return "no answer within the time allowed"
    return {"ABORTED": "somebody stopped the execution", "TIMED_OUT": "the execution's time was up"}.get(
        status, "Step Functions gives no cause"
    )
