"""The definition of a fault, the calls that it hits, and the faults that make no sense."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from rehearsal.emulator.administration import Refused, read_object

ANSWERS = ("error", "function_error", "job_failure", "job_pending")
JOB_ACTIONS = (
    "glue:StartCrawler",
    "glue:StartJobRun",
    "sagemaker:CreateEndpoint",
    "sagemaker:CreateTrainingJob",
    "sagemaker:CreateTransformJob",
)
# Their errors are JSON; another service's would have to be written in its own form.
JSON_SERVICES = ("application-autoscaling", "cloudwatch", "dynamodb", "glue", "lambda", "sagemaker")
INVOKE = "lambda:InvokeFunction"
TYPES = {
    "action": "a text",
    "times": "a whole number from 1",
    "caller": "a text",
    "matches": "a list of texts",
    "after": "a text",
    "error": "an object",
    "function_error": "an object",
    "job_failure": "a text",
    "job_pending": "true",
}
LEAST_ERROR_STATUS, MOST_ERROR_STATUS = 400, 599


@dataclass
class Fault:
    """One fault, and how often it has hit."""

    action: str
    times: int
    caller: str = ""
    """Part of the caller's ARN."""
    matches: tuple[str, ...] = ()
    """All of them stand in the request's path and body, or in the job's description."""
    after: str = ""
    """An action: the fault only hits once the same caller has asked for that one."""
    error: dict[str, Any] | None = None
    function_error: dict[str, Any] | None = None
    job_failure: str | None = None
    job_pending: bool = False
    hits: int = 0
    noticed: bool = False

    @property
    def is_of_a_job(self) -> bool:
        return self.job_failure is not None or self.job_pending

    def notice(self, action: str, caller: str | None) -> None:
        """Learn of a call, whether or not it is one that the fault hits."""
        self.noticed = self.noticed or (action == self.after and self.caller in (caller or ""))

    def hits_call(self, action: str, caller: str | None, text: str) -> bool:
        """Tell whether this call is answered with the fault. A job has no caller."""
        return (
            action == self.action
            and self.hits < self.times
            and (not self.after or self.noticed)
            and (caller is None or self.caller in caller)
            and all(part in text for part in self.matches)
        )


def read_fault(body: bytes) -> Fault:
    """The fault that a request describes.

    Raises:
        Refused: with what is wrong.
    """
    given = read_object(body, allowed="one fault, as rehearsal/emulator/faults.py describes it")
    if unknown := sorted(given.keys() - TYPES.keys()):
        raise Refused(f"unknown fields {unknown}; allowed: {sorted(TYPES)}")
    if missing := sorted({"action", "times"} - given.keys()):
        raise Refused(f"missing fields {missing}")
    if wrong := [name for name, value in given.items() if not _is_of_its_type(name, value)]:
        raise Refused(f"{wrong[0]} is {given[wrong[0]]!r}; allowed: {TYPES[wrong[0]]}")
    answers = [name for name in ANSWERS if name in given]
    if len(answers) != 1:
        raise Refused(f"a fault has exactly one of {ANSWERS}, not {answers}")
    _check(given, answers[0])
    return Fault(**{**given, "matches": tuple(given.get("matches", ()))})


def _is_of_its_type(name: str, value: Any) -> bool:
    kind = TYPES[name]
    if kind == "a list of texts":
        return isinstance(value, list) and all(isinstance(part, str) for part in value)
    if kind == "a whole number from 1":
        return isinstance(value, int) and not isinstance(value, bool) and value > 0
    return isinstance(value, {"a text": str, "an object": dict, "true": bool}[kind]) and value is not False


def _check(given: dict[str, Any], answer: str) -> None:
    action, service = given["action"], given["action"].partition(":")[0]
    if answer == "error":
        error = given["error"]
        if error.keys() != {"status", "code", "message"}:
            raise Refused(f"an error has status, code and message, not {sorted(error)}")
        if not isinstance(error["code"], str) or not isinstance(error["message"], str):
            raise Refused(f"code and message are {error['code']!r} and {error['message']!r}; allowed: two texts")
        if error["status"] not in range(LEAST_ERROR_STATUS, MOST_ERROR_STATUS + 1):
            allowed = f"{LEAST_ERROR_STATUS} to {MOST_ERROR_STATUS}"
            raise Refused(f"the status {error['status']!r} is no error; allowed: {allowed}")
        if service not in JSON_SERVICES:
            raise Refused(f"errors of {service!r} are not played; allowed: {', '.join(JSON_SERVICES)}")
    if answer == "function_error":
        if action != INVOKE:
            raise Refused(f"{action!r} runs no function; only {INVOKE} has a function_error")
        if given[answer].keys() != {"errorType", "errorMessage"}:
            raise Refused(f"a function_error has errorType and errorMessage, not {sorted(given[answer])}")
    if answer.startswith("job_"):
        if action not in JOB_ACTIONS:
            raise Refused(f"{action!r} starts no job; allowed: {', '.join(JOB_ACTIONS)}")
        if given.get("caller") or given.get("after"):
            raise Refused("a job has no caller: tell it by `matches`")
    if answer == "job_pending" and action == "sagemaker:CreateEndpoint":
        raise Refused("nobody can stop an endpoint that is being created; it can only fail: job_failure")
