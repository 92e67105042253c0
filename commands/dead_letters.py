"""`mlops dead-letters`: what nobody could handle: looked at, sent in again, or thrown away."""

from typing import Annotated, Any

import typer

from commands.destroy import input_line
from commands.errors import Exit, Refused
from commands.letters import Letter, letters, wait_for_redrive
from commands.platform import INTAKE, NOTIFIER, Platform
from commands.screen import table
from commands.session import Session

SHOWN = 20
COLUMNS = ("queue", "sent (UTC)", "kind", "about", "why")


def dead_letters(
    context: typer.Context,
    redrive: Annotated[bool, typer.Option("--redrive", help="Send them in again, once the cause is removed.")] = False,
    purge: Annotated[bool, typer.Option("--purge", help="Throw them away.")] = False,
    queue: Annotated[
        str | None, typer.Option("--queue", help="Only those of the intake or of the notifier.", metavar="NAME")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before throwing away.")] = False,
) -> None:
    """List the messages that were given up, send them in again, or throw them away.

    Example: ./mlops dead-letters --redrive
    """
    session: Session = context.obj
    platform = Platform(session)
    if redrive and purge:
        raise Refused("give --redrive or --purge, not both", Exit.USAGE)
    if queue is not None and queue not in platform.dead_letters:
        raise Refused(f"--queue is {queue!r}; allowed: {', '.join(platform.dead_letters)}", Exit.USAGE)
    found = [
        letter
        for name, url in platform.dead_letters.items()
        if queue in (None, name)
        for letter in letters(session, name, url)
    ]
    if redrive:
        return _redrive(platform, found)
    if purge:
        return _purge(platform, found, yes=yes)
    return _list(session, found)


def _list(session: Session, found: list[Letter]) -> None:
    document = {"dead_letters": [letter.document() for letter in found]}
    if not found:
        session.screen.result(document, "no dead letters")
        return
    rows = [(letter.queue, letter.sent, letter.kind, letter.about, letter.why) for letter in found[:SHOWN]]
    more = f"and {len(found) - SHOWN} more (--json lists all)\n" if len(found) > SHOWN else ""
    way = f"{more}`./mlops dead-letters --redrive` sends them in again, --purge throws them away"
    session.screen.result(document, table(f"{len(found)} dead letters", COLUMNS, rows), way)


def _redrive(platform: Platform, found: list[Letter]) -> None:
    """Queues have a redrive of their own; what a function gave up is handed to the function once more."""
    counted = {name: [letter for letter in found if letter.queue == name] for name in (INTAKE, NOTIFIER)}
    moved = 0
    if counted[INTAKE]:
        moved = wait_for_redrive(platform.session, platform.dead_letters[INTAKE], platform.queue_url)
    functions, sqs = platform.session.client("lambda"), platform.session.client("sqs")
    for letter in counted[NOTIFIER]:
        functions.invoke(FunctionName=platform.notifier, InvocationType="Event", Payload=letter.body.encode())
        sqs.delete_message(QueueUrl=platform.dead_letters[NOTIFIER], ReceiptHandle=letter.handle)
    document: dict[str, Any] = {"redriven": {INTAKE: moved, NOTIFIER: len(counted[NOTIFIER])}}
    total = moved + len(counted[NOTIFIER])
    again = "; what fails again comes back to the dead letters" if total else ""
    platform.session.screen.result(document, f"{total} dead letters were sent in again{again}")


def _purge(platform: Platform, found: list[Letter], *, yes: bool) -> None:
    """Only what was looked at goes, not what arrived meanwhile."""
    question = f"Type {len(found)} to throw {len(found)} dead letters away: "
    if found and not yes and input_line(question) != str(len(found)):
        raise Refused("nothing was thrown away: the number was not typed")
    sqs = platform.session.client("sqs")
    for letter in found:
        sqs.delete_message(QueueUrl=platform.dead_letters[letter.queue], ReceiptHandle=letter.handle)
    platform.session.screen.result({"purged": len(found)}, f"{len(found)} dead letters were thrown away")
