"""`mlops draft`: the first version of a model's TOML file, from a CSV."""

from pathlib import Path
from typing import Annotated

import typer

from commands.drafting.dialect import DraftError
from commands.drafting.draft import draft as draft_text
from commands.errors import Exit, Refused
from commands.session import Session

MODELS = Path(__file__).resolve().parents[1] / "config" / "models"
NEXT = "read it, correct it (docs/models.md), then: make synth, and MODEL={name} FILE={file} make rehearse"


def draft(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A CSV with the column that is to be predicted.")],
    target: Annotated[str, typer.Option("--target", help="That column.")],
    name: Annotated[str | None, typer.Option("--name", help="The model's name; the file's unless said.")] = None,
    problem: Annotated[str | None, typer.Option(help="binary, multiclass or regression; guessed unless said.")] = None,
    positive: Annotated[str | None, typer.Option(help="Of two classes the one that is looked for.")] = None,
    header: Annotated[bool | None, typer.Option("--header/--no-header", help="If the guess is wrong.")] = None,
    separator: Annotated[str | None, typer.Option(help="If the guess is wrong.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write config/models/NAME.toml from what a CSV holds. Nothing leaves this machine.

    Example: ./mlops draft customers.csv --target left --name churn
    """
    session: Session = context.obj
    try:
        chosen, text = draft_text(
            file, target=target, name=name, problem=problem, positive=positive, header=header, separator=separator
        )
    except DraftError as error:
        raise Refused(str(error), Exit.USAGE) from None
    path = MODELS / f"{chosen}.toml"
    if path.exists() and not force:
        raise Refused(f"config/models/{path.name} is there already: choose another --name, or --force", Exit.USAGE)
    path.write_text(text, encoding="utf-8")
    session.screen.result(
        {"model": chosen, "path": f"config/models/{path.name}"},
        f"wrote config/models/{path.name}: {NEXT.format(name=chosen, file=file)}",
    )
