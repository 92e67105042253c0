"""Permissions that the stage's roles used, as CloudTrail's event history tells: management events, denials too.

What is done with objects, items, messages and metrics is a data event, which no history keeps without a trail.
"""

import json
import time
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from commands.proving.recording import Rows
from commands.proving.shapes import Vocabulary
from commands.session import Session

# CloudTrail's user guide: an event is there about five minutes after its call; fifteen were promised once.
DELIVERY_SECONDS = 900
# Two requests a second are allowed per account and region.
PAUSE_SECONDS = 0.5
MOST_PAGES = 1000
DENIED = ("AccessDenied", "AccessDeniedException", "Client.UnauthorizedOperation", "UnauthorizedOperation")


def of_trail(session: Session, words: Vocabulary, start: datetime, end: datetime) -> Rows:
    """For each role of the stage and each call, whether it was allowed."""
    return used(_events(session, start, end), session.prefix, words)


def used(events: Iterable[Mapping[str, Any]], prefix: str, words: Vocabulary) -> dict[str, str]:
    """The rows of events, each as CloudTrail writes it. Pure."""
    rows: dict[str, str] = {}
    for event in events:
        issuer = event
        for member in ("userIdentity", "sessionContext", "sessionIssuer"):
            # A service's own call has none of them, or null.
            issuer = issuer.get(member) or {}
        role = str(issuer.get("userName", ""))
        if not role.startswith(f"{prefix}-"):
            continue
        row = f"{words.plain(role)} {event['eventName']}"
        error = event.get("errorCode")
        if error in DENIED:
            rows[row] = "denied"
        elif rows.get(row) != "denied":
            rows[row] = "used"
    return rows


def wait_for_delivery(session: Session, ended: float) -> None:
    """Let CloudTrail bring the last calls; a rehearsal has them at once."""
    left = 0.0 if session.rehearsed else ended + DELIVERY_SECONDS - time.monotonic()
    if left > 0:
        session.screen.note(f"waiting {left / 60:.0f} min for CloudTrail's last events (nothing runs meanwhile)")
        with session.screen.status("waiting for CloudTrail"):
            time.sleep(left)


def _events(session: Session, start: datetime, end: datetime) -> Iterable[Mapping[str, Any]]:
    pages = session.client("cloudtrail").get_paginator("lookup_events").paginate(StartTime=start, EndTime=end)
    for number, page in enumerate(pages, start=1):
        for event in page["Events"]:
            yield json.loads(event["CloudTrailEvent"])
        if number == MOST_PAGES:
            session.screen.note(f"CloudTrail has more than {number * 50:,} events: the oldest were not read")
            return
        if not session.rehearsed:
            time.sleep(PAUSE_SECONDS)
