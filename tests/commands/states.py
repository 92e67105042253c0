"""Step Functions with prepared executions."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from tests.commands.aws import MODEL, START, Answer, machine


def events(*stays: tuple[str, float], task: Sequence[Mapping[str, Any]] = ()) -> list[dict[str, Any]]:
    """A history: each state entered and left after so many seconds; the events of `task` inside the last one."""
    made: list[dict[str, Any]] = []
    now = START

    def add(kind: str, **details: Any) -> None:
        made.append({"id": len(made) + 1, "previousEventId": len(made), "timestamp": now, "type": kind, **details})

    for position, (name, seconds) in enumerate(stays):
        add("TaskStateEntered", stateEnteredEventDetails={"name": name})
        if position == len(stays) - 1:
            for event in task:
                add(event["type"], **{key: value for key, value in event.items() if key != "type"})
        now += timedelta(seconds=seconds)
        add("TaskStateExited", stateExitedEventDetails={"name": name})
    return made


class States:
    """Executions by ARN, in the order of their starts, and one history for all."""

    def __init__(self, history: list[dict[str, Any]] | None = None) -> None:
        self.executions: dict[str, dict[str, Any]] = {}
        self.history = history or events(("NameRun", 0.5), ("TrainModel", 60.0))
        self.appearing: list[dict[str, Any]] = []
        """Started one by one, each time the executions are listed."""

    def add(self, arn: str, *, status: str = "SUCCEEDED", seconds: float = 60.0, **told: Any) -> None:
        output = told.pop("output", None)
        ended = {} if status == "RUNNING" else {"stopDate": START + timedelta(seconds=seconds)}
        self.executions[arn] = {
            "executionArn": arn,
            "stateMachineArn": arn.replace(":execution:", ":stateMachine:").rpartition(":")[0],
            "name": arn.rpartition(":")[2],
            "status": status,
            "startDate": START,
            "input": json.dumps({"model": MODEL}),
            **ended,
            **({"output": json.dumps(output)} if output else {}),
            **told,
        }

    def answers(self) -> dict[str, Answer]:
        return {
            "stepfunctions.ListExecutions": self._list,
            "stepfunctions.DescribeExecution": lambda params: self.executions[params["executionArn"]],
            "stepfunctions.GetExecutionHistory": lambda _: {"events": self.history},
            "stepfunctions.StartExecution": self._start,
        }

    def _list(self, params: Mapping[str, Any]) -> Mapping[str, Any]:
        known = [each for each in self.executions.values() if each["stateMachineArn"] == params["stateMachineArn"]]
        if self.appearing and params["stateMachineArn"] == machine("training"):
            self.add(**self.appearing.pop(0))
        return {"executions": list(reversed(known))}

    def _start(self, params: Mapping[str, Any]) -> Mapping[str, Any]:
        arn = f"{params['stateMachineArn'].replace(':stateMachine:', ':execution:')}:{params['name']}"
        self.add(arn, output={"version": "1"})
        return {"executionArn": arn, "startDate": START}
