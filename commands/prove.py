"""`mlops prove`: does AWS do here what the rehearsal says that it does?"""

import os
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from commands.destroy import input_line
from commands.errors import Exit, Refused
from commands.platform import Platform
from commands.proving import removal
from commands.proving.proof import Proof
from commands.proving.ready import proven_model
from commands.proving.recording import Difference, differences, read, write
from commands.proving.sample import Sample, sample_of_proofs
from commands.proving.witness import remove_witness
from commands.screen import table
from commands.session import Session
from contract.text import one_line

ABOUT = (
    "The proof uploads {file} for the model {model}, trains, deploys, asks for predictions, uploads the same bytes"
    " again, stops a run and lets a run and a deployment fail; then it takes everything of {model} away, unless --keep."
    " On AWS that takes about an hour and a half and costs about one US dollar."
    " Subscribers of the stage get a message for each of the three runs that do not succeed."
)


def prove(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before it begins.")] = False,
    record: Annotated[
        Path | None, typer.Option("--record", metavar="FILE", help="Write what was seen to a file as well.")
    ] = None,
    against: Annotated[
        Path | None, typer.Option("--against", metavar="FILE", help="Another recording than the rehearsal's.")
    ] = None,
    earlier: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Compare an earlier recording; nothing is played."),
    ] = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything there to look at.")] = False,
    clear: Annotated[bool, typer.Option("--clear", help="Only take away what an earlier proof has left.")] = False,
) -> None:
    """Play the journey of a rehearsal on the deployed stage and show what AWS does otherwise. Exit code 1 if anything.

    Example: ./mlops --stage dev prove --record proof.json
    """
    session: Session = context.obj
    alone = {"--clear": clear, "--from": earlier is not None}
    others = {"--record": record is not None, "--keep": keep, "--against": clear and against is not None}
    for option in [name for name, given in alone.items() if given]:
        for other in [name for name, given in (alone | others).items() if given and name != option]:
            raise Refused(f"{option} plays nothing, so {other} means nothing beside it: leave one out", Exit.USAGE)
    sample = sample_of_proofs()
    if clear:
        _clear(Platform(session), sample, yes=yes)
        return
    expected = read(against or sample.recording)
    if earlier is not None:
        _show(session, differences(read(earlier), expected))
        return
    if record is not None:
        _check_place(record)
    platform = Platform(session)
    model = proven_model(platform, sample)
    session.screen.note(ABOUT.format(file=sample.path.name, model=model.name))
    _ask(session, yes=yes)
    seen = Proof(platform, model)
    try:
        seen.look(sample, keep=keep, write=lambda parts: write(record, parts, model.name) if record else None)
    except KeyboardInterrupt:
        kept = f"all of {model.name} is left there: `./mlops prove --clear` takes it away" if keep else ""
        rest = seen.left or kept or f"all of {model.name} is taken away"
        raise Refused(f"interrupted: {rest}", Exit.INTERRUPTED) from None
    _show(session, differences(seen.parts, expected), seen)


def _check_place(record: Path) -> None:
    """Refuse before anything begins what could not be written an hour later."""
    if not record.parent.is_dir():
        raise Refused(f"there is no folder {record.parent} for the recording: make it, or choose another", Exit.USAGE)
    if record.exists() and not record.is_file():
        raise Refused(f"{record} is no file that a recording could be written to: choose another", Exit.USAGE)
    if not os.access(record if record.exists() else record.parent, os.W_OK):
        raise Refused(f"nothing may be written to {record}: choose another file", Exit.USAGE)


def _clear(platform: Platform, sample: Sample, *, yes: bool) -> None:
    session, model = platform.session, platform.model(sample.model)
    session.screen.note(f"All files, runs, versions and the endpoint of {model.name} on stage {session.stage} will go.")
    _ask(session, yes=yes)
    remove_witness(session)
    removal.remove(platform, model)
    session.screen.result({"model": model.name, "cleared": True}, f"{model.name} is as new. {removal.STAYS}")


def _ask(session: Session, *, yes: bool) -> None:
    if not yes and input_line(f"Type {session.stage} to begin: ") != session.stage:
        raise Refused("nothing was done: the stage's name was not typed")


def _show(session: Session, found: list[Difference], seen: Proof | None = None) -> None:
    rows = [(one.part, one_line(one.row), _cell(one.here), _cell(one.rehearsed), one.concerns) for one in found]
    document: dict[str, Any] = {"differences": [one.document() for one in found]}
    counted = f"{len(found)} differences" if len(found) != 1 else "1 difference"
    took, left, unwritten = "", "", ""
    if seen is not None:
        left, unwritten = seen.left, seen.unwritten
        document |= {"minutes": round(seen.minutes, 1), "usd": seen.usd, "not_priced": seen.not_priced, "left": left}
        document |= {"unwritten": unwritten}
        took = f"; it took {seen.minutes:.0f} min and cost about {seen.usd:.2f} USD"
    summary = f"{counted if found else 'no difference'}{took}"
    shown: list[str | Table] = [table("", ("part", "what", "here", "rehearsed", "read on"), rows)] if found else []
    session.screen.result(document, *shown, summary)
    if found or left or unwritten:
        raise typer.Exit(Exit.FAILED)


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    return one_line(", ".join(map(str, value)) if isinstance(value, list) else str(value))
