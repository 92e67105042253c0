"""`mlops train`: ask for a run now."""

import json
from datetime import UTC, datetime

import typer

from commands.arguments import Name, Wait
from commands.follow import finish, known_executions, wait_for_start
from commands.platform import TRAINING, Model, Platform
from commands.session import Session


def train(context: typer.Context, model: Name, wait: Wait = False) -> None:
    """Start a training run now, also when no file is new.

    The way out after a failed run, once its cause is removed. During a run, exactly one more follows it.
    """
    session: Session = context.obj
    platform = Platform(session)
    chosen = platform.model(model)
    known = known_executions(session, chosen, TRAINING) if wait else frozenset[str]()
    message = ask_for_run(platform, chosen)
    if wait:
        return finish(session, chosen, wait_for_start(session, chosen, TRAINING, known))
    return session.screen.result(
        {"model": chosen.name, "message_id": message},
        f"a run of {chosen.name} is asked for and starts within a minute or two: `./mlops runs {chosen.name}`",
    )


def ask_for_run(platform: Platform, model: Model) -> str:
    """Send a person's wish for a run to the intake queue; returns the message's id."""
    body = {
        "kind": "manual",
        "model": model.name,
        "state_machine_arn": model.machines[TRAINING],
        "time": datetime.now(UTC).isoformat(timespec="microseconds"),
    }
    sent = platform.session.client("sqs").send_message(QueueUrl=platform.queue_url, MessageBody=json.dumps(body))
    return sent["MessageId"]
