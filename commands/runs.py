"""`mlops runs`: what ran, and one run in detail."""

import json
from typing import Annotated, Any

import typer
from botocore.exceptions import ClientError

from commands.arguments import MaybeName
from commands.errors import code_of
from commands.executions import Execution, Visit, find, history, latest, visits
from commands.platform import DEPLOYMENT, TRAINING, Model, Platform, read_object
from commands.screen import duration, table, when
from commands.session import Session

COLUMNS = ("run", "model", "kind", "status", "started (UTC)", "took", "outcome", "cause")
GONE = ("NoSuchKey", "404")


def runs(
    context: typer.Context,
    model: MaybeName = None,
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help="A run id (12 digits) or execution name.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="So many of each machine.")] = 10,
) -> None:
    """List recent runs, newest first; with a RUN its states, metrics and registry entry."""
    session: Session = context.obj
    platform = Platform(session)
    if model is not None and run is not None:
        return _show_one(platform, platform.model(model), run)
    chosen = list(platform.models.values()) if model is None else [platform.model(model)]
    found = [
        execution
        for each in chosen
        for kind in (TRAINING, DEPLOYMENT)
        for execution in latest(session, each, kind, limit)
    ]
    found.sort(key=lambda execution: execution.started, reverse=True)
    document = {"runs": [execution.document() for execution in found]}
    if not found:
        return session.screen.result(document, "nothing has run yet: `./mlops upload MODEL FILE` starts a run")
    return session.screen.result(document, table("", COLUMNS, [_row(execution) for execution in found]))


def _row(execution: Execution) -> tuple[object, ...]:
    return (
        execution.run,
        execution.model,
        execution.kind,
        execution.status,
        when(execution.started),
        "" if execution.seconds is None else duration(execution.seconds),
        execution.outcome,
        execution.reason[:200],
    )


def _show_one(platform: Platform, model: Model, run: str) -> None:
    session = platform.session
    execution = find(session, model, run)
    stays = visits(history(session, execution.arn))
    report = _report(platform, execution) if execution.kind == TRAINING else None
    package = _package(session, execution)
    document = execution.document() | {
        "states": [{"state": stay.state, "started": stay.started, "seconds": stay.seconds} for stay in stays],
        "reasons": (report or {}).get("reasons"),
        "metrics": (report or {}).get("metrics"),
        "package": package,
    }
    shown: list[Any] = [table(f"{execution.kind} run {execution.run}, {execution.status}", *_states(stays))]
    if execution.reason:
        shown.append(f"\n{execution.failed_state or execution.status}: {execution.reason}")
    shown += [f"\nwarning: {warning}" for warning in execution.warnings]
    if report:
        shown.append(f"\nverdict: {report['verdict']} ({'; '.join(report['reasons'])})")
        shown.append(table("metrics on the hold-out", ("metric", "value", "95 % interval"), _metrics(report)))
    if package:
        shown.append(f"\n{package['arn']}  {package['approval']}")
    session.screen.result(document, *shown)


def _states(stays: list[Visit]) -> tuple[tuple[str, ...], list[tuple[object, ...]]]:
    rows: list[tuple[object, ...]] = [
        (when(stay.started)[11:], stay.state, "open" if stay.seconds is None else duration(stay.seconds))
        for stay in stays
    ]
    return ("at", "state", "took"), rows


def _metrics(report: dict[str, Any]) -> list[tuple[object, ...]]:
    return [
        (name, f"{metric['value']:.4f}", f"{metric['low']:.4f} to {metric['high']:.4f}")
        for name, metric in report.get("metrics", {}).items()
    ]


def _report(platform: Platform, execution: Execution) -> dict[str, Any] | None:
    """The evaluation's report; None for a run that never came that far."""
    key = f"reports/{execution.model}/{execution.run}/evaluation.json"
    try:
        return json.loads(read_object(platform.session, f"s3://{platform.data_bucket}/{key}"))
    except ClientError as error:
        if code_of(error) in GONE:
            return None
        raise


def _package(session: Session, execution: Execution) -> dict[str, Any] | None:
    arn = execution.output.get("package_arn")
    if arn is None:
        return None
    told = session.client("sagemaker").describe_model_package(ModelPackageName=arn)
    return {"arn": arn, "version": told.get("ModelPackageVersion"), "approval": told["ModelApprovalStatus"]}
