"""One proof: the journey, its traces as a recording, what it cost, and everything taken away again."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from commands.check_account import stacks_of
from commands.errors import Refused, name_of
from commands.platform import Model, Platform
from commands.prices import load_prices
from commands.proving import costs, evidence, grants, removal
from commands.proving.journey import Journey
from commands.proving.recording import Rows
from commands.proving.sample import Sample
from commands.proving.witness import told, witness
from commands.session import Session

NOT_SEEN = "could not be looked at"


@dataclass(frozen=True)
class Proof:
    """What was seen, and what it took."""

    parts: dict[str, Rows]
    minutes: float
    usd: float
    not_priced: list[str]
    left: str
    """Why something of the model is still there; empty when nothing is, or when it was to be kept."""


def proof(platform: Platform, model: Model, sample: Sample, *, keep: bool) -> Proof:
    """Play the journey and look at what it left; then take it away, unless it is to be kept."""
    session, start, began = platform.session, datetime.now(UTC), time.monotonic()
    words = evidence.vocabulary(session, list(stacks_of(session, session.prefix)))
    journey = Journey(platform, model, sample)
    try:
        with witness(session) as heard:
            journey.travel()
            ended = time.monotonic()
            parts = {"events": told(heard.heard(model.name))}
        parts |= _parts(journey, words)
        usd, not_priced = _spent(journey)
    finally:
        left = _leave(platform, model, keep=keep)
    grants.wait_for_delivery(session, ended)
    parts["grants"] = _seen(session, "grants", lambda: grants.of_trail(session, words, start, datetime.now(UTC)))
    return Proof(parts, (time.monotonic() - began) / 60, usd, not_priced, left)


def _leave(platform: Platform, model: Model, *, keep: bool) -> str:
    """Take everything away; returns why that failed, since what was seen in an hour must outlive it."""
    screen = platform.session.screen
    if keep:
        screen.note(f"all of {model.name} is left there: `./mlops prove --clear` takes it away")
        return ""
    screen.note("taking away what the proof made", style="bold")
    try:
        removal.remove(platform, model)
    except (Refused, ClientError, BotoCoreError) as error:
        left = f"{model.name} is not all taken away: {error}; `./mlops prove --clear` takes the rest away"
        screen.note(left, style="yellow")
        return left
    screen.note(removal.STAYS)
    return ""


def _parts(journey: Journey, words: evidence.Vocabulary) -> dict[str, Rows]:
    model, session = journey.model, journey.platform.session
    tags = {"platform": session.prefix, "model": model.name}
    looks: dict[str, Callable[[], Rows]] = {
        "uploads": lambda: evidence.of_uploads(journey.uploads, journey.sample.path.read_bytes()),
        "answers": lambda: evidence.of_answers(journey.answers),
        "logs": lambda: evidence.of_logs(journey, words),
        "tags": lambda: evidence.of_tags(session, model, tags),
        "cost tags": lambda: evidence.of_cost_tags(session, list(tags)),
    }
    return {**evidence.of_histories(journey), **{part: _seen(session, part, look) for part, look in looks.items()}}


def _seen(session: Session, part: str, look: Callable[[], Rows]) -> Rows:
    """What a look finds; after a journey of an hour, one that is refused must not lose the others."""
    try:
        return look()
    except (ClientError, BotoCoreError) as error:
        session.screen.note(f"{part} {NOT_SEEN}: {error}", style="yellow")
        return {NOT_SEEN: name_of(error)}


def _spent(journey: Journey) -> tuple[float, list[str]]:
    """About how many dollars, and what the price table has no line for; a rehearsal costs nothing."""
    session = journey.platform.session
    used: list[costs.Used] = []

    def look() -> dict[str, Any]:
        for events in journey.histories().values():
            used.extend(costs.of_jobs(session, events))
        used.extend(costs.of_endpoint(session, journey.model))
        return {}

    _seen(session, "costs", look)
    total, not_priced = costs.usd(used, load_prices())
    return 0.0 if session.rehearsed else round(total, 2), not_priced
