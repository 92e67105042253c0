"""`mlops deploy` and `rollback`: bring a version into service by hand."""

import json
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from commands.arguments import Name, Version, Wait
from commands.errors import Exit, Refused
from commands.executions import Execution, describe
from commands.follow import finish
from commands.platform import DEPLOYMENT, Model, Platform
from commands.registry import APPROVED, REJECTED, serving, version, versions
from commands.registry import Version as Package
from commands.session import Session
from commands.versions import set_approval

Target = Annotated[int | None, typer.Option("--to", min=1, help="This version, not the newest approved older one.")]
Keep = Annotated[bool, typer.Option("--keep", help="Do not reject the version that is left.")]


def deploy(context: typer.Context, model: Name, number: Version, wait: Wait = False) -> None:
    """Start the deployment of an approved version: the way out after a failed deployment."""
    session: Session = context.obj
    chosen = Platform(session).model(model)
    execution = _start(session, chosen, version(session, chosen, number), "deployed by hand")
    if wait:
        return finish(session, chosen, execution)
    return _say(session, execution, f"the deployment of version {number} of {model} has started")


def rollback(
    context: typer.Context, model: Name, target: Target = None, keep: Keep = False, wait: Wait = False
) -> None:
    """Go back to an older approved version, and reject the one that is left.

    With --wait the version is rejected once the older one serves, else as soon as the deployment has started.
    """
    session: Session = context.obj
    chosen = Platform(session).model(model)
    left, back = _choose(session, chosen, target)
    session.screen.note(f"version {left.number} of {model} serves: going back to version {back.number}")
    reason = f"rolled back to version {back.number}"
    execution = _start(session, chosen, back, f"rollback from version {left.number}")
    if wait:
        finish(session, chosen, execution)
    if not keep:
        set_approval(session, left.arn, REJECTED, reason)
        session.screen.note(f"version {left.number} of {model} is {REJECTED}")
    if not wait:
        _say(session, execution, f"the deployment of version {back.number} of {model} has started")


def _choose(session: Session, model: Model, target: int | None) -> tuple[Package, Package]:
    """The version that serves, and the one to go back to."""
    now = serving(session, model)
    if now is None or now.version is None:
        raise Refused(f"no version of {model.name} serves, so there is nothing to go back from", Exit.NOT_FOUND)
    left = version(session, model, now.version)
    if target is not None:
        if target == left.number:
            raise Refused(f"version {target} of {model.name} serves already", Exit.USAGE)
        return left, version(session, model, target)
    older = [each for each in versions(session, model) if each.number < left.number and each.approval == APPROVED]
    if not older:
        raise Refused(
            f"{model.name} has no approved version older than version {left.number}, which serves:"
            f" approve one (`./mlops models {model.name}` lists them), or name one with --to",
            Exit.NOT_FOUND,
        )
    return left, max(older, key=lambda each: each.number)


def _start(session: Session, model: Model, package: Package, reason: str) -> Execution:
    if package.approval != APPROVED:
        raise Refused(
            f"version {package.number} of {model.name} is {package.approval}, and only approved versions are deployed:"
            f" `./mlops approve {model.name} --version {package.number}` also starts its deployment"
        )
    value = {"model": model.name, "package_arn": package.arn, "reason": reason, "settings": model.settings}
    started = session.client("stepfunctions").start_execution(
        stateMachineArn=model.machines[DEPLOYMENT],
        name=f"{model.name}-v{package.number}-{datetime.now(UTC):%Y%m%d%H%M%S%f}",
        input=json.dumps(value),
    )
    return describe(session, model, DEPLOYMENT, started["executionArn"])


def _say(session: Session, execution: Execution, text: str) -> None:
    document: dict[str, Any] = execution.document()
    session.screen.result(document, f"{text}: `./mlops runs {execution.model}` shows it")
