"""The teardown resource: removes what the state machines made, and always answers CloudFormation."""

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from lambda_src.common.clients import aws
from lambda_src.common.telemetry import logger
from lambda_src.teardown.answer import send_answer
from lambda_src.teardown.properties import Properties
from lambda_src.teardown.runner import STEPS, Clock, run
from lambda_src.teardown.work import Work

SUCCESS = "SUCCESS"
FAILED = "FAILED"


def handle(event: Mapping[str, Any], context: Any) -> None:
    """Lambda's entry point: a request of CloudFormation, or the rest of one from an earlier invocation."""
    Teardown(
        client=aws,
        answer=send_answer,
        function_name=context.invoked_function_arn,
        seconds_left=lambda: context.get_remaining_time_in_millis() / 1000,
        now=time.time,
        pause=time.sleep,
    ).handle(event)


class Teardown:
    """One request, over as many invocations as it takes."""

    def __init__(
        self,
        *,
        client: Callable[[str], Any],
        answer: Callable[[Mapping[str, Any], str, str], None],
        function_name: str,
        seconds_left: Callable[[], float],
        now: Callable[[], float],
        pause: Callable[[float], None],
    ) -> None:
        self._client = client
        self._answer = answer
        self._function_name = function_name
        self._seconds_left = seconds_left
        self._now = now
        self._pause = pause

    def handle(self, event: Mapping[str, Any]) -> None:
        """Answer CloudFormation. Any error becomes a failure with its reason, so that it never waits in vain."""
        request = event.get("request", event)
        try:
            finished = self._work(event, request)
        except Exception as error:
            logger.exception("teardown failed")
            self._answer(request, FAILED, f"{type(error).__name__}: {error}")
            return
        if finished:
            self._answer(request, SUCCESS, "")

    def _work(self, event: Mapping[str, Any], request: Mapping[str, Any]) -> bool:
        properties = Properties.read(request["ResourceProperties"])
        if request["RequestType"] != "Delete":
            return True
        started_at = float(event.get("started_at", self._now()))
        clock = Clock(
            invocation_seconds_left=self._seconds_left,
            total_seconds_left=lambda: started_at + properties.time_budget_seconds - self._now(),
            pause=self._pause,
        )
        remaining = run(Work(properties, self._client), event.get("remaining", list(STEPS)), clock)
        if remaining:
            self._hand_over({"request": request, "remaining": remaining, "started_at": started_at})
        return not remaining

    def _hand_over(self, rest: Mapping[str, Any]) -> None:
        logger.info("teardown goes on in another invocation", remaining=rest["remaining"])
        self._client("lambda").invoke(
            FunctionName=self._function_name, InvocationType="Event", Payload=json.dumps(rest).encode("utf-8")
        )
