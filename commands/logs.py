"""`mlops logs`: the lines of one run, of whatever service wrote them, in the order of time."""

import time
from collections import deque
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, Any

import typer
from botocore.exceptions import ClientError
from rich.text import Text

from commands.arguments import Name
from commands.errors import Exit, Refused, code_of
from commands.executions import Execution, find, history
from commands.log_lines import Line, is_of, matters, readable
from commands.log_sources import GLUE_JOBS, TRAINING_JOBS, TRANSFORM_JOBS, Work, work_of
from commands.platform import Platform
from commands.session import Session

# A line may carry a time just beside those of the history, which is written by another service.
SLACK = timedelta(seconds=2)


def logs(
    context: typer.Context,
    model: Name,
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help="A run id; the newest training.")] = None,
    state: Annotated[str | None, typer.Option("--state", help="Only what this state's work wrote.")] = None,
    endpoint: Annotated[bool, typer.Option("--endpoint", help="The endpoint's log instead of a run's.")] = False,
    minutes: Annotated[int, typer.Option("--minutes", min=1, help="How far back, with --endpoint.")] = 60,
    lines: Annotated[int, typer.Option("--lines", min=1, help="So many of each function or job, the last.")] = 30,
    everything: Annotated[bool, typer.Option("--all", help="Every line, of the image's toolkit too.")] = False,
) -> None:
    """Show the log lines of a run: functions, Glue job, training, batch scoring, in the order of time.

    Example: ./mlops logs MODEL 261123231942 --state TrainModel
    """
    session: Session = context.obj
    chosen = Platform(session).model(model)
    if endpoint:
        since = int((time.time() - minutes * 60) * 1000)
        group = f"/aws/sagemaker/Endpoints/{chosen.endpoint}"
        found = list(deque(_read(session, group, "endpoint", times={"startTime": since}), maxlen=lines))
        return _show(session, {"model": model, "endpoint": chosen.endpoint}, found)
    execution = find(session, chosen, run)
    works = work_of(history(session, execution.arn))
    if state is not None:
        states = sorted({work.state for work in works})
        works = [work for work in works if work.state == state]
        if not works:
            raise Refused(f"state {state!r} wrote no log in run {execution.run}: {', '.join(states)}", Exit.NOT_FOUND)
    most = None if everything else lines
    found: list[Line] = []
    for work in works:
        found += deque(lines_of(session, execution, work, everything=everything), maxlen=most)
    found.sort(key=lambda line: line.milliseconds)
    return _show(session, execution.document(), found, execution)


def lines_of(session: Session, execution: Execution, work: Work, *, everything: bool) -> Iterator[Line]:
    """The lines that one piece of work wrote, without what the image's toolkit prints unless `everything`."""
    match work.service:
        case "lambda":
            times = {"startTime": int((work.started - SLACK).timestamp() * 1000)}
            if work.ended is not None:
                times["endTime"] = int((work.ended + SLACK).timestamp() * 1000)
            for line in _read(session, _group_of(session, work.name), work.state, times=times):
                if is_of(line.text, execution.model, work.request):
                    yield line
        case "glue":
            for group in glue_groups(session, work.name):
                yield from _read(session, group, work.state, stream=work.name)
        case service:
            group = TRAINING_JOBS if service == "training" else TRANSFORM_JOBS
            for line in _read(session, group, work.state, stream=f"{work.name}/"):
                if everything or matters(line.text):
                    yield line


def _read(
    session: Session, group: str, state: str, *, stream: str = "", times: Mapping[str, int] | None = None
) -> Iterator[Line]:
    """The lines of a log group, of the streams whose name begins like this."""
    where = {**(times or {}), **({"logStreamNamePrefix": stream} if stream else {})}
    pages = session.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group, **where)
    try:
        for page in pages:
            for event in page["events"]:
                # Asked for already; a rehearsal answers with all streams.
                if event.get("logStreamName", "").startswith(stream):
                    yield Line(event["timestamp"], state, event["message"])
    except ClientError as error:
        if code_of(error) != "ResourceNotFoundException":
            raise
        session.screen.note(f"{state}: the log group {group} does not exist (nothing was written, or it has expired)")


def _group_of(session: Session, function_arn: str) -> str:
    """The function's log group, which need not be called after it."""
    told = session.client("lambda").get_function_configuration(FunctionName=function_arn)
    return told.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{told['FunctionName']}"


def glue_groups(session: Session, run: str) -> list[str]:
    """The groups in which the run has a stream, whatever Glue calls them under a security configuration (ADR 19)."""
    logs = session.client("logs")
    pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=GLUE_JOBS)
    names = [group["logGroupName"] for page in pages for group in page["logGroups"]]
    return [
        name
        for name in names
        if logs.describe_log_streams(logGroupName=name, logStreamNamePrefix=run, limit=1)["logStreams"]
    ]


def _show(session: Session, about: dict[str, Any], found: list[Line], execution: Execution | None = None) -> None:
    document = about | {
        "lines": [{"time": line.at, "state": line.state, "message": line.text.rstrip()} for line in found]
    }
    width = max((len(line.state) for line in found), default=0)
    shown = [
        f"{line.at:%H:%M:%S}.{line.milliseconds % 1000:03d} {line.state:<{width}} {readable(line.text)}"
        for line in found
    ] or ["no line was written"]
    if execution is not None and execution.reason:
        shown.append(f"{execution.status} in {execution.failed_state or 'no state'}: {execution.reason}")
    session.screen.result(document, *(Text(line) for line in shown))
