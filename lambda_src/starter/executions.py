"""Step Functions, as far as the starter needs it."""

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError


class Executions:
    """Starts executions by their ARN and asks for their status."""

    def __init__(self, stepfunctions: Any) -> None:
        self._stepfunctions = stepfunctions

    def status(self, execution: str) -> str | None:
        """The status that Step Functions tells, or None if there is no such execution."""
        try:
            return self._stepfunctions.describe_execution(executionArn=execution)["status"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ExecutionDoesNotExist":
                return None
            raise

    def start(self, machine: str, name: str, value: Mapping[str, Any]) -> bool:
        """Start an execution; False if one of that name exists, which is as good."""
        try:
            self._stepfunctions.start_execution(stateMachineArn=machine, name=name, input=json.dumps(value))
        except ClientError as error:
            if error.response["Error"]["Code"] == "ExecutionAlreadyExists":
                return False
            raise
        return True
