"""The command line: options of every command, and the commands in the order of their use."""

from typing import Annotated

import typer

from commands.cost import cost
from commands.dead_letters import dead_letters
from commands.deploy import deploy, rollback
from commands.destroy import destroy
from commands.doctor import doctor
from commands.draft import draft
from commands.group import Commands
from commands.logs import logs
from commands.predict import predict
from commands.prove import prove
from commands.quarantine import quarantine
from commands.rehearsed import rehearsed_environment
from commands.runs import runs
from commands.screen import Screen
from commands.session import Session, connector
from commands.stages import check_stage, known_stages
from commands.train import train
from commands.upload import upload
from commands.versions import approve, models, reject

STAGES = known_stages()
PANELS = {
    "Data": (draft, upload, quarantine),
    "Runs": (train, runs, logs),
    "Models": (models, predict, approve, reject, deploy, rollback),
    "Platform": (doctor, cost, prove, dead_letters, destroy),
}

app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 it failed, 2 wrong use, 3 not found or not deployed, 4 no credentials or no access.",
)


@app.callback()
def options(
    context: typer.Context,
    stage: Annotated[
        str, typer.Option("--stage", envvar="MLOPS_STAGE", help=f"Which stage: {', '.join(STAGES)}.")
    ] = "dev",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout, notes on stderr.")] = False,
    name: Annotated[str, typer.Option("--name", envvar="MLOPS_NAME", help="What all names begin with.")] = "mlops",
) -> None:
    """Daily work with the deployed platform: the same against AWS and against a rehearsal.

    Example: ./mlops --stage rehearsal runs
    """
    check_stage(stage, STAGES)
    environment = rehearsed_environment(stage)
    context.obj = Session(
        stage=stage,
        prefix=f"{name}-{stage}",
        screen=Screen(as_json=as_json),
        connect=connector(environment),
        environment=environment,
    )


for panel, functions in PANELS.items():
    for function in functions:
        app.command(rich_help_panel=panel)(function)
