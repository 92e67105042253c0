"""`mlops upload`: files into the data bucket, looked at first."""

from pathlib import Path
from typing import Annotated

import typer

from commands.arguments import Name, Wait
from commands.errors import Exit, Refused
from commands.follow import finish, known_executions, wait_for_start
from commands.local_files import check_files, keys_of
from commands.platform import TRAINING, Model, Platform
from commands.session import Session
from contract.model import Contract

NEXT = "files that arrive within a minute become one run: `./mlops runs {model}` shows it"


def upload(
    context: typer.Context,
    model: Name,
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="The files, one run for all of them.")],
    holdout: Annotated[bool, typer.Option("--holdout", help="As the model's official hold-out.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Upload what the gate will refuse.")] = False,
    wait: Wait = False,
) -> None:
    """Check files against the deployed contract, then upload them: that starts a run.

    Example: ./mlops upload MODEL data/january.csv data/february.csv --wait
    """
    session: Session = context.obj
    platform = Platform(session)
    chosen = platform.model(model)
    contract = platform.contract(chosen)
    if holdout and contract.split.holdout != "official":
        raise Refused(f"{model} takes its hold-out from its own rows: upload without --holdout", Exit.USAGE)
    if holdout and wait:
        raise Refused(f"a hold-out starts no run to wait for: `./mlops train {model} --wait` after it", Exit.USAGE)
    keys = keys_of(f"{'holdout' if holdout else 'raw'}/{model}/", files)
    _refuse_bad(session, contract, files, force)
    known = known_executions(session, chosen, TRAINING) if wait else frozenset[str]()
    send_files(platform, keys)
    _say_what_is_next(platform, chosen, keys, holdout, wait, known)


def send_files(platform: Platform, keys: dict[str, Path]) -> None:
    """Each file to its key, large ones in parts, with a bar for those who watch."""
    session = platform.session
    with session.screen.progress() as progress:
        for key, file in keys.items():
            task = progress.add_task(file.name, total=file.stat().st_size)
            session.client("s3").upload_file(
                str(file), platform.data_bucket, key, Callback=lambda count, task=task: progress.advance(task, count)
            )
            session.screen.note(f"uploaded s3://{platform.data_bucket}/{key}")


def _refuse_bad(session: Session, contract: Contract, files: list[Path], force: bool) -> None:
    problems = check_files(contract, files)
    for problem in problems:
        session.screen.note(problem, style="yellow" if force else "red")
    if problems and not force:
        raise Refused(
            f"nothing was uploaded: {len(problems)} problem(s), the first: {problems[0]};"
            " correct the files, or upload them anyway with --force"
        )


def _say_what_is_next(
    platform: Platform, model: Model, keys: dict[str, Path], holdout: bool, wait: bool, known: frozenset[str]
) -> None:
    session = platform.session
    if holdout:
        # Only files under raw/ start a run; a hold-out is used by the next one.
        text = f"the next run of {model.name} measures on it: `./mlops train {model.name}` starts one now"
    elif wait:
        return finish(session, model, wait_for_start(session, model, TRAINING, known))
    else:
        text = NEXT.format(model=model.name)
    document = {"model": model.name, "bucket": platform.data_bucket, "keys": list(keys)}
    return session.screen.result(document, text)
