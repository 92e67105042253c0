"""Log lines of the services that the emulator plays, written where those services write them."""

from __future__ import annotations

import time
from typing import Any

from rehearsal.emulator import sessions

EVENTS_PER_CALL = 1000


def write_log(group: str, stream: str, text: str, client: Any | None = None) -> None:
    """Append the text's lines to a log stream, made if need be.

    Services write their logs with the role they run under: pass a `logs` client of that role to have its permissions
    checked. Without one the account owner writes.
    """
    logs = client or sessions.owner_client("logs")
    for create, names in (
        (logs.create_log_group, {"logGroupName": group}),
        (logs.create_log_stream, {"logGroupName": group, "logStreamName": stream}),
    ):
        try:
            create(**names)
        except logs.exceptions.ResourceAlreadyExistsException:
            continue
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": line} for line in text.splitlines() if line.strip()]
    for start in range(0, len(events), EVENTS_PER_CALL):
        batch = events[start : start + EVENTS_PER_CALL]
        logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=batch)
