"""An execution from its start to its one end: status, event, metrics, log."""

from __future__ import annotations

import json
import logging
import threading
import time
from typing import Any

from ministack.core.responses import now_iso
from ministack.services import cloudwatch, stepfunctions

from rehearsal.emulator.stepfunctions import machine, states
from rehearsal.emulator.stepfunctions.errors import (
    RUNTIME,
    ExecutionAborted,
    ExecutionTimedOut,
    Interruption,
    StateError,
)
from rehearsal.emulator.stepfunctions.expressions import Scope, dumped
from rehearsal.emulator.stepfunctions.history import START, History, Trail, included
from rehearsal.emulator.stepfunctions.logging_configuration import ExecutionLog
from rehearsal.emulator.stepfunctions.machine import Run
from rehearsal.emulator.stepfunctions.tasks import Caller
from rehearsal.emulator.stepfunctions.watch import Watch

END_METRICS = {
    "SUCCEEDED": "ExecutionsSucceeded",
    "FAILED": "ExecutionsFailed",
    "TIMED_OUT": "ExecutionsTimedOut",
    "ABORTED": "ExecutionsAborted",
}
FLUSH_SECONDS = 0.5
ENDS_WITH = ("output", "error", "cause")

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.services.cloudwatch": ("record_metric",),
    "ministack.services.stepfunctions": ("_emit_execution_status_event", "_executions", "_state_machines"),
}

logger = logging.getLogger("rehearsal")
_live: dict[str, Execution] = {}
_registry = threading.Lock()


class Execution:
    """A running execution. Whoever ends it first decides how it ended."""

    def __init__(self, record: dict[str, Any], state_machine: dict[str, Any]) -> None:
        self.record = record
        self._machine = state_machine
        self._definition = json.loads(state_machine["definition"])
        self._log = ExecutionLog(state_machine["loggingConfiguration"], record)
        self._history = History(record["events"], self._log.add)
        self._started = time.monotonic()
        self._ending = threading.Lock()
        self._ended = threading.Event()
        seconds = self._definition.get("TimeoutSeconds")
        self._watch = Watch(None, seconds, ExecutionTimedOut())

    def run(self) -> None:
        """Walk through the states; returns when the execution, and what it had started, is at its end."""
        self._metric("ExecutionsStarted", 1)
        threading.Thread(target=self._deliver_log, daemon=True).start()
        trail = Trail(self._history, START)
        try:
            output = self._walk(trail)
            self.end("SUCCEEDED", "ExecutionSucceeded", trail.previous, **included("output", dumped(output)))
        except StateError as problem:
            self._fail(problem, trail)
        except ExecutionTimedOut:
            self.end("TIMED_OUT", "ExecutionTimedOut", START)
        except Interruption as reason:
            logger.info("%s ended: %s", self.record["executionArn"], type(reason).__name__)
        except Exception as problem:
            logger.exception("the rehearsal's own failure in %s", self.record["executionArn"])
            self._fail(StateError(RUNTIME, f"The rehearsal failed: {problem!r}"), trail)

    def abort(self, error: str | None, cause: str | None) -> None:
        """StopExecution: the status changes at once, the states stop as soon as they can."""
        details = {name: text for name, text in (("error", error), ("cause", cause)) if text}
        self.end("ABORTED", "ExecutionAborted", START, **details)
        self._watch.stop(ExecutionAborted())

    def end(self, status: str, kind: str, previous: int, **details: Any) -> None:
        """Set the final status once; the event goes to EventBridge, the numbers to CloudWatch."""
        with self._ending:
            if self.record["status"] != "RUNNING":
                return
            self.record.update({name: text for name, text in details.items() if name in ENDS_WITH})
            self.record["stopDate"] = now_iso()
            self._history.add(kind, previous, **details)
            self.record["status"] = status
        stepfunctions._emit_execution_status_event(self.record)
        self._metric(END_METRICS[status], 1)
        self._metric("ExecutionTime", (time.monotonic() - self._started) * 1000, "Milliseconds")
        self._ended.set()

    def _walk(self, trail: Trail) -> Any:
        data = json.loads(self.record["input"])
        caller = Caller(self._machine["roleArn"], self._machine["name"])
        run = Run(caller, self._watch, trail, Scope(self._context(data)), states.WORK)
        return machine.walk(self._definition["States"], self._definition["StartAt"], data, run)

    def _fail(self, problem: StateError, trail: Trail) -> None:
        details = {name: text for name, text in (("error", problem.error), ("cause", problem.cause)) if text}
        self.end("FAILED", "ExecutionFailed", trail.previous, **details)

    def _context(self, data: Any) -> dict[str, Any]:
        return {
            "Execution": {
                "Id": self.record["executionArn"],
                "Input": data,
                "Name": self.record["name"],
                "RedriveCount": 0,
                "RoleArn": self._machine["roleArn"],
                "StartTime": self.record["startDate"],
            },
            "StateMachine": {"Id": self._machine["stateMachineArn"], "Name": self._machine["name"]},
        }

    def _deliver_log(self) -> None:
        """As on AWS a service of its own delivers the log, a moment later."""
        while not self._ended.wait(FLUSH_SECONDS):
            self._log.flush()
        self._log.flush()

    def _metric(self, name: str, value: float, unit: str = "Count") -> None:
        dimensions = {"StateMachineArn": self._machine["stateMachineArn"]}
        cloudwatch.record_metric("AWS/States", name, value, unit, dimensions)


def run_execution(execution_arn: str) -> None:
    """Run a registered execution; replaces ministack's interpreter."""
    record = stepfunctions._executions.get(execution_arn)
    if record is None:
        return
    execution = Execution(record, dict(stepfunctions._state_machines[record["stateMachineArn"]]))
    with _registry:
        if record["status"] != "RUNNING":
            return
        _live[execution_arn] = execution
    try:
        execution.run()
    finally:
        _live.pop(execution_arn, None)


def abort(execution_arn: str, error: str | None, cause: str | None) -> bool:
    """End a running execution; False if no thread runs it yet."""
    with _registry:
        execution = _live.get(execution_arn)
    if execution is not None:
        execution.abort(error, cause)
    return execution is not None


def live_of(state_machine_arn: str) -> list[Execution]:
    """The running executions of a machine."""
    return [entry for entry in list(_live.values()) if entry.record["stateMachineArn"] == state_machine_arn]
