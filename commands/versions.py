"""`mlops models`, `approve` and `reject`: the registry as people use it."""

from typing import Annotated, Any

import typer

from commands.arguments import MaybeName, Name, Reason, Version
from commands.platform import Model, Platform
from commands.registry import APPROVED, REJECTED, lineage, metrics, serving, version, versions
from commands.screen import table, when
from commands.session import Session

COLUMNS = ("model", "version", "approval", "created (UTC)", "run", "serves", "metrics on the hold-out")


def models(
    context: typer.Context,
    model: MaybeName = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="So many versions of each.")] = 10,
) -> None:
    """List models, their versions with approval and metrics, and which version serves."""
    session: Session = context.obj
    platform = Platform(session)
    chosen = list(platform.models.values()) if model is None else [platform.model(model)]
    documents = [_document(session, each, limit) for each in chosen]
    rows = [row for document in documents for row in _rows(document)]
    session.screen.result({"models": documents}, table("", COLUMNS, rows))


def approve(context: typer.Context, model: Name, number: Version, reason: Reason = None) -> None:
    """Approve a version: its deployment starts by itself.

    Example: ./mlops approve MODEL --version 4 --reason "better on the north region, ticket 17"
    """
    _decide(context.obj, model, number, APPROVED, reason)


def reject(context: typer.Context, model: Name, number: Version, reason: Reason = None) -> None:
    """Reject a version: it will not be deployed. One that serves already goes on serving until a rollback."""
    _decide(context.obj, model, number, REJECTED, reason)


def _decide(session: Session, name: str, number: int, approval: str, reason: str | None) -> None:
    model = Platform(session).model(name)
    chosen = version(session, model, number)
    document: dict[str, Any] = {"model": name, "version": number, "approval": approval, "before": chosen.approval}
    if chosen.approval == approval:
        text = f"version {number} of {name} is {approval} already: nothing was changed"
        if approval == APPROVED:
            text += f"; `./mlops deploy {name} --version {number}` brings it into service again"
        return session.screen.result(document, text)
    set_approval(session, chosen.arn, approval, reason or "decided with mlops")
    text = f"version {number} of {name} is {approval}"
    if approval == APPROVED:
        text += f": its deployment starts within a minute or two, `./mlops runs {name}` shows it"
    elif (now := serving(session, model)) is not None and now.version == number:
        text += f", and still serves: `./mlops rollback {name}` takes it out of service"
    return session.screen.result(document, text)


def set_approval(session: Session, arn: str, approval: str, reason: str) -> None:
    """Change a version's approval."""
    session.client("sagemaker").update_model_package(
        ModelPackageArn=arn, ModelApprovalStatus=approval, ApprovalDescription=reason
    )


def _document(session: Session, model: Model, limit: int) -> dict[str, Any]:
    now = serving(session, model)
    listed: list[dict[str, Any]] = []
    for each in versions(session, model)[:limit]:
        properties = lineage(session, each.arn)
        listed.append(
            {
                "version": each.number,
                "approval": each.approval,
                "created": each.created,
                "run": properties.get("run"),
                "serves": now is not None and now.version == each.number,
                "metrics": metrics(session, properties),
            }
        )
    return {
        "model": model.name,
        "endpoint": model.endpoint,
        "endpoint_status": now.status if now else None,
        "serving_version": now.version if now else None,
        "versions": listed,
    }


def _rows(document: dict[str, Any]) -> list[tuple[object, ...]]:
    if not document["versions"]:
        return [(document["model"], "-", "no version yet", "", "", "", "")]
    return [
        (
            document["model"],
            each["version"],
            each["approval"],
            when(each["created"]),
            each["run"],
            f"yes, {document['endpoint_status']}" if each["serves"] else "",
            ", ".join(f"{name} {value:.4g}" for name, value in each["metrics"].items()),
        )
        for each in document["versions"]
    ]
