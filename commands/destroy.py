"""`mlops destroy`: show what goes and what stays, ask, then let the CDK do it."""

import os
import subprocess
from collections import Counter
from typing import Annotated, Any

import typer

from commands.check_account import stacks_of
from commands.errors import Exit, Refused
from commands.rehearsed import ROOT
from commands.session import Session

STAYS = ("Retain", "RetainExceptOnCreate", "Snapshot")
# What is behind these cannot be made again.
WORTH_NAMING = (
    "AWS::S3::Bucket",
    "AWS::DynamoDB::Table",
    "AWS::KMS::Key",
    "AWS::ECR::Repository",
    "AWS::SageMaker::ModelPackageGroup",
    "AWS::SageMaker::Domain",
)


def destroy(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for the stage's name.")] = False,
) -> None:
    """Take the stage out of the account. Shows first what goes and what stays."""
    session: Session = context.obj
    if session.prefix != f"mlops-{session.stage}":
        raise Refused("destroy knows the name of the app only: leave --name out", Exit.USAGE)
    stacks = stacks_of(session, session.prefix)
    if not stacks:
        raise Refused(f"no stack of stage {session.stage} is deployed here: nothing to destroy", Exit.NOT_FOUND)
    going, staying = _plan(session, list(stacks))
    _show(session, len(stacks), going, staying)
    if not yes and input_line(f"Type {session.stage} to destroy it: ") != session.stage:
        raise Refused("nothing was destroyed: the stage's name was not typed")
    _run(session)
    left = stacks_of(session, session.prefix)
    if left:
        raise Refused(f"the CDK ended, but these stacks are still there: {', '.join(left)}")
    document = {"stage": session.stage, "destroyed": sorted(stacks), "stays": staying}
    session.screen.result(document, f"stage {session.stage} is destroyed")


def input_line(question: str) -> str:
    """Return what a person types; the question goes to stderr, where notes go."""
    typer.echo(question, nl=False, err=True)
    try:
        return input().strip()
    except EOFError:
        return ""


def _plan(session: Session, stacks: list[str]) -> tuple[list[str], list[str]]:
    """Each resource as 'type name', by what its deployed template says of its deletion."""
    going, staying = list[str](), list[str]()
    cloudformation = session.client("cloudformation")
    for stack in stacks:
        template: dict[str, Any] = cloudformation.get_template(StackName=stack)["TemplateBody"]
        policies = {name: body.get("DeletionPolicy", "Delete") for name, body in template["Resources"].items()}
        for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
            for resource in page["StackResourceSummaries"]:
                target = staying if policies.get(resource["LogicalResourceId"]) in STAYS else going
                target.append(f"{resource['ResourceType']} {resource.get('PhysicalResourceId', '')}")
    return going, staying


def _show(session: Session, stacks: int, going: list[str], staying: list[str]) -> None:
    """On stderr: it is what a person decides on, not the result."""
    note = session.screen.note
    note(f"{stacks} stacks with {len(going) + len(staying)} resources, and what the state machines made:", style="bold")
    note("endpoints, their configurations, models, scaling targets and alarms of all models")
    note("These go, with what they hold:", style="bold")
    for line in sorted(line for line in going if line.split(" ")[0] in WORTH_NAMING):
        note(f"  {line}", style="red")
    kinds = Counter(kind for kind in (line.split(" ")[0] for line in going) if kind not in WORTH_NAMING)
    note("  and " + ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())))
    note("These stay:" if staying else "Nothing stays.", style="bold")
    for line in sorted(staying):
        note(f"  {line}", style="green")


def _run(session: Session) -> None:
    """The same command that `make destroy` is for people, with the rehearsal's account where there is one."""
    environment = {**os.environ, **(session.environment or {}), "CI": "1"}
    command = ["make", "--silent", "destroy", f"STAGE={session.stage}", "YES=1"]
    # Its output is progress: to stderr, so that stdout stays one document.
    ended = subprocess.run(command, cwd=ROOT, env=environment, stdout=2, check=False)
    if ended.returncode != 0:
        raise Refused(f"`{' '.join(command)}` ended with {ended.returncode}: its last lines say why")
