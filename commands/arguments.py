"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Name = Annotated[str, typer.Argument(metavar="MODEL", help="The model's name, as in config/models/MODEL.toml.")]
MaybeName = Annotated[str | None, typer.Argument(metavar="[MODEL]", help="One model; all of them unless said.")]
Wait = Annotated[bool, typer.Option("--wait", help="Follow it to its end, state by state.")]
Version = Annotated[int, typer.Option("--version", min=1, help="The version in the model's package group.")]
Reason = Annotated[str | None, typer.Option("--reason", help="Kept with the version, for whoever asks later.")]
Templates = Annotated[
    Path | None,
    typer.Option("--assembly", metavar="FOLDER", help="Templates that `make synth` wrote; fresh ones unless said."),
]
