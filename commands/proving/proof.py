"""One proof: the journey, its traces as a recording, what it cost, and everything taken away again."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from commands.check_account import stacks_of
from commands.errors import Refused, name_of
from commands.platform import Model, Platform
from commands.prices import load_prices
from commands.proving import costs, evidence, grants, removal
from commands.proving.journey import FIRST_RUN, SPOILT, Journey
from commands.proving.recording import NOT_SEEN, Rows
from commands.proving.sample import Sample
from commands.proving.shapes import Vocabulary
from commands.proving.witness import remove_witness, told, witness

Seen = TypeVar("Seen")
Histories = Mapping[str, list[dict[str, Any]]]
Keep = Callable[[Mapping[str, Rows]], None]
REST = "`./mlops prove --clear` takes the rest away"


@dataclass
class Proof:
    """All that was seen so far, and the time and money that it took."""

    platform: Platform
    model: Model
    parts: dict[str, Rows] = field(default_factory=dict[str, Rows])
    minutes: float = 0.0
    usd: float = 0.0
    not_priced: list[str] = field(default_factory=list[str])
    left: str = ""
    """Why something of the model is still there; empty when nothing is, or when it was to be kept."""
    unwritten: str = ""
    """Why the parts are in no file although they were to be."""

    def look(self, sample: Sample, *, keep: bool, write: Keep) -> None:
        """Play the journey and look at what it left; then take it away, unless it is to be kept.

        `write` is given the parts before the removal, and again with what CloudTrail told. An interruption loses
        neither the removal nor what was seen before it.
        """
        session, start, began = self.platform.session, datetime.now(UTC), time.monotonic()
        words = evidence.vocabulary(session, list(stacks_of(session, session.prefix)))
        journey = Journey(self.platform, self.model, sample)
        try:
            with witness(session) as heard:
                journey.travel()
                ended = time.monotonic()
                others = self.platform.models
                self.parts["events"] = self._seen("events", lambda: told(heard.heard(self.model.name, others)), _unseen)
            self._parts(journey, words, start)
        finally:
            self._write(write)
            if not keep:
                # Stays so when the removal is interrupted.
                self.left = f"{self.model.name} is not all taken away; {REST}"
                self.left = self._removed()
        if keep:
            session.screen.note(f"all of {self.model.name} is left there: `./mlops prove --clear` takes it away")
        grants.wait_for_delivery(session, ended)
        trail = self._seen("grants", lambda: grants.of_trail(session, words, start, datetime.now(UTC)), _unseen)
        self.parts["grants"] = trail
        self._write(write)
        self.minutes = (time.monotonic() - began) / 60

    def _parts(self, journey: Journey, words: Vocabulary, start: datetime) -> None:
        session, model = self.platform.session, self.model
        tags = {"platform": session.prefix, "model": model.name}
        histories: Histories = self._seen("histories", journey.histories, lambda _: {})
        self.parts |= self._seen("histories", lambda: evidence.of_histories(journey, histories), _untold)
        looks: dict[str, Callable[[], Rows]] = {
            "uploads": lambda: evidence.of_uploads(journey.uploads, journey.sample.path.read_bytes()),
            "answers": lambda: evidence.of_answers(journey.answers),
            "logs": lambda: evidence.of_logs(journey, histories.get(FIRST_RUN, []), words),
            "tags": lambda: evidence.of_tags(session, model, tags, start),
            "cost tags": lambda: evidence.of_cost_tags(session, list(tags)),
        }
        for part, look in looks.items():
            self.parts[part] = self._seen(part, look, _unseen)
        used = self._seen("costs", lambda: list(costs.of_journey(session, model, histories)), lambda _: [])
        total, self.not_priced = costs.usd(used, load_prices())
        self.usd = 0.0 if session.rehearsed else round(total, 2)

    def _seen(self, what: str, look: Callable[[], Seen], otherwise: Callable[[str], Seen]) -> Seen:
        """The result of a look; after a journey of an hour, one that is refused must not lose the others."""
        try:
            return look()
        except SPOILT as error:
            self.platform.session.screen.note(f"{what} {NOT_SEEN}: {name_of(error)}: {error}", style="yellow")
            return otherwise(name_of(error))

    def _write(self, write: Keep) -> None:
        if not self.parts:
            return
        try:
            write(self.parts)
        except OSError as error:
            self.unwritten = f"what was seen is in no file: {error}"
            self.platform.session.screen.note(self.unwritten, style="yellow")

    def _removed(self) -> str:
        """Take everything away; returns why that failed, since what was seen in an hour must outlive it."""
        screen = self.platform.session.screen
        screen.note("taking away what the proof made", style="bold")
        try:
            # Again, since the first time may have been refused or interrupted.
            remove_witness(self.platform.session)
            removal.remove(self.platform, self.model)
        except (Refused, ClientError, BotoCoreError) as error:
            left = f"{self.model.name} is not all taken away: {error}; {REST}"
            screen.note(left, style="yellow")
            return left
        screen.note(removal.STAYS)
        return ""


def _unseen(error: str) -> Rows:
    return {NOT_SEEN: error}


def _untold(error: str) -> dict[str, Rows]:
    return dict.fromkeys(("states", "results", "errors"), _unseen(error))
