"""A machine's execution log: what the configuration means, and the lines in the log group."""

from __future__ import annotations

import datetime
import json
import logging
import threading
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.emulator import sessions
from rehearsal.emulator.stepfunctions.history import detail_key

FATAL = ("ExecutionAborted", "ExecutionFailed", "ExecutionTimedOut")
ERROR_ENDINGS = ("Failed", "TimedOut", "Aborted")
PAYLOADS = ("input", "output", "parameters", "inputDetails", "outputDetails")

logger = logging.getLogger("rehearsal")


def level_of(configuration: Mapping[str, Any]) -> str:
    """ALL, ERROR, FATAL or OFF. A template spells the members in upper camel case, the API in lower."""
    return str(_member(configuration, "level") or "OFF")


def group_arn(configuration: Mapping[str, Any]) -> str | None:
    """The log group's ARN, as configured, or None."""
    for destination in _member(configuration, "destinations") or []:
        group = _member(destination, "cloudWatchLogsLogGroup") or {}
        return _member(group, "logGroupArn")
    return None


def destinations(configuration: Mapping[str, Any]) -> int:
    """The number of configured log groups."""
    return len(_member(configuration, "destinations") or [])


def group_name(arn: str) -> str:
    """The log group's name in its ARN."""
    return arn.split(":log-group:", 1)[-1].removesuffix(":*")


class ExecutionLog:
    """Writes an execution's events to the machine's log group, as the log delivery service: in batches."""

    def __init__(self, configuration: Mapping[str, Any], execution: Mapping[str, Any]) -> None:
        arn = group_arn(configuration)
        self._level = level_of(configuration)
        self._group = group_name(arn) if arn and self._level != "OFF" else None
        self._with_data = bool(_member(configuration, "includeExecutionData"))
        self._execution_arn = execution["executionArn"]
        machine = execution["stateMachineArn"].rsplit(":", 1)[-1]
        day = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%d-%H-%M")
        self._stream = f"states/{machine}/{day}/{execution['name'][:64]}"
        self._lines: list[dict[str, Any]] = []
        self._lock = threading.Lock()
        self._opened = False

    def add(self, event: Mapping[str, Any]) -> None:
        """Keep the event for the next write, if the level wants it."""
        if self._group is None or not self._wanted(event["type"]):
            return
        moment = datetime.datetime.fromisoformat(event["timestamp"].replace("Z", "+00:00"))
        details = dict(event.get(detail_key(event["type"]), {}))
        if not self._with_data:
            details = {name: value for name, value in details.items() if name not in PAYLOADS}
        stamp = int(moment.timestamp() * 1000)
        line = {
            "id": str(event["id"]),
            "type": event["type"],
            "details": details,
            "previous_event_id": str(event["previousEventId"]),
            "event_timestamp": str(stamp),
            "execution_arn": self._execution_arn,
            "redrive_count": "0",
        }
        with self._lock:
            self._lines.append({"timestamp": stamp, "message": json.dumps(line, ensure_ascii=False)})

    def flush(self) -> None:
        """Write what was kept. As on AWS, a delivery that fails stops no execution."""
        with self._lock:
            lines, self._lines = self._lines, []
        if not lines or self._group is None:
            return
        try:
            self._write(lines)
        except (ClientError, BotoCoreError) as problem:
            logger.warning("execution log of %s: %s", self._execution_arn, problem)

    def _write(self, lines: list[dict[str, Any]]) -> None:
        client = sessions.owner_client("logs")
        if not self._opened:
            client.create_log_stream(logGroupName=self._group, logStreamName=self._stream)
            self._opened = True
        client.put_log_events(logGroupName=self._group, logStreamName=self._stream, logEvents=lines)

    def _wanted(self, kind: str) -> bool:
        if self._level == "ALL":
            return True
        return kind in FATAL if self._level == "FATAL" else kind.endswith(ERROR_ENDINGS)


def _member(holder: Mapping[str, Any], name: str) -> Any:
    return holder.get(name, holder.get(name[0].upper() + name[1:]))
