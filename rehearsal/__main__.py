"""`make rehearse`: the platform up, a file in, a prediction out, the platform down."""

import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.cloud import STAGE, Cloud, CommandFailed
from rehearsal.execution import ExecutionEnded
from rehearsal.farewell import show_how_to_look_around, show_outcome, show_where_to_look_next
from rehearsal.journey import travel
from rehearsal.launcher import Emulator, EmulatorFailed, connection_file
from rehearsal.samples import Sample, choose_sample, own_files
from rehearsal.toolchain import ToolMissing, find_toolchain
from rehearsal.view import View, WaitExpired

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
EXPECTED = (ToolMissing, EmulatorFailed, CommandFailed, ExecutionEnded, WaitExpired, ClientError, BotoCoreError)


def main(
    sample: Annotated[str | None, typer.Option(help="Folder below samples/; the flagship unless said.")] = None,
    model: Annotated[
        str | None, typer.Option(envvar="MODEL", help="A model of your own in config/models, with --file.")
    ] = None,
    file: Annotated[
        list[Path] | None, typer.Option(envvar="FILE", help="Your file for that model; may be given several times.")
    ] = None,
    holdout: Annotated[
        list[Path] | None, typer.Option(envvar="HOLDOUT", help="Its official hold-out, if the model has one.")
    ] = None,
    keep: Annotated[bool, typer.Option(envvar="KEEP", help="Leave it running until Ctrl-C.")] = False,
    speed: Annotated[float, typer.Option(help="Waits of the state machines are divided by this.")] = 20.0,
    state_seconds: Annotated[
        float | None,
        typer.Option(envvar="STATE_SECONDS", min=1, help="Give up sooner than the limit that a state has of its own."),
    ] = None,
) -> None:
    """Rehearse the whole platform on this machine: no AWS account, no Docker, nothing left behind."""
    for number in ENDING:
        signal.signal(number, _interrupt)
    view = View()
    try:
        rehearse(
            view,
            chosen_files(sample, model, file or [], holdout or []),
            keep=keep,
            speed=speed,
            state_seconds=state_seconds,
        )
    except KeyboardInterrupt:
        view.note("interrupted: everything has been removed")
        sys.exit(130)
    except (*EXPECTED, ValueError) as error:
        view.failed(f"The rehearsal stopped: {error}")
        sys.exit(1)


def chosen_files(sample: str | None, model: str | None, files: Sequence[Path], holdout: Sequence[Path]) -> Sample:
    """A sample that ships, or the caller's own files."""
    if model is None and not files:
        return choose_sample(sample)
    if sample is not None or model is None or not files:
        raise ValueError("give MODEL and FILE together for files of your own, or a sample, or nothing at all")
    return own_files(model, files, holdout)


def rehearse(view: View, sample: Sample, *, keep: bool, speed: float, state_seconds: float | None = None) -> None:
    """One whole rehearsal: deploy eight stacks, go the sample's way, remove them."""
    tools = find_toolchain()
    view.title("Deploy the platform (the same templates as on AWS)")
    with Emulator(tools, speed=speed) as emulator:
        cloud = Cloud(tools, assembly=emulator.home / "assembly")
        with view.step("synthesize eight stacks") as detail:
            cloud.synthesize(detail)
        with view.step("cdk bootstrap") as detail:
            cloud.bootstrap(emulator, detail)
        with view.step("cdk deploy --all") as detail:
            cloud.deploy(emulator, detail)
        with view.step("cdk diff finds no difference") as detail:
            cloud.differences(emulator, detail)
        show_outcome(view, sample, travel(view, emulator, sample, state_seconds=state_seconds))
        if keep:
            with connection_file(emulator, STAGE):
                show_how_to_look_around(view, emulator, sample)
                threading.Event().wait()
        view.title("Remove everything")
        with view.step("cdk destroy --all") as detail:
            cloud.destroy(emulator, detail)
    show_where_to_look_next(view)
    view.title(f"Done in {view.total_seconds():.0f} s: nothing is left of it on this machine")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C must not interrupt the cleaning up
    raise KeyboardInterrupt


if __name__ == "__main__":
    typer.run(main)
