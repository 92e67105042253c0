"""The child process that runs one Lambda function: started with `-I` by an interpreter that has only boto3.

Speaks JSON lines: one request on standard input, one answer on the original standard output. What the function prints
goes to standard error, where the record separator marks the end of an invocation's log.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import traceback
from typing import Any, TextIO

END_OF_LOG = "\x1e"


class Context:
    """The second argument of a handler."""

    identity = None
    client_context = None

    def __init__(self, request_id: str, function_arn: str, deadline: float) -> None:
        """The invocation's own values; the function's come from the environment, as on AWS."""
        self.aws_request_id = request_id
        self.invoked_function_arn = function_arn
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self._deadline = deadline

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function's timeout."""
        return max(0, int((self._deadline - time.time()) * 1000))


def failure(
    error: BaseException, kind: str | None = None, message: str | None = None, request_id: str = ""
) -> dict[str, Any]:
    """An error as Lambda reports it: its class's name is what a state machine's Catch sees."""
    return {
        "errorMessage": str(error) if message is None else message,
        "errorType": kind or type(error).__name__,
        "requestId": request_id,
        "stackTrace": frames(error) if kind is None else [],
    }


def frames(error: BaseException) -> list[str]:
    """The handler's part of the stack, at the place where Lambda has the code."""
    stack = traceback.extract_tb(error.__traceback__)
    while stack and stack[0].filename == __file__:
        stack.pop(0)
    root = os.environ["LAMBDA_TASK_ROOT"]
    return traceback.format_list(
        [
            traceback.FrameSummary(
                frame.filename.replace(root, "/var/task", 1), frame.lineno, frame.name, line=frame.line
            )
            for frame in stack
        ]
    )


def load_handler(handler: str) -> tuple[Any, dict[str, Any] | None]:
    """The handler function, or the error of the initialisation."""
    module_name, _, function_name = handler.rpartition(".")
    module_name = module_name.replace("/", ".")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        message = f"Unable to import module '{module_name}': {error}"
        return None, failure(error, "Runtime.ImportModuleError", message)
    except SyntaxError as error:
        return None, failure(error, "Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}")
    except Exception as error:
        return None, failure(error)
    if not hasattr(module, function_name):
        missing = AttributeError(f"Handler '{function_name}' missing on module '{module_name}'")
        return None, failure(missing, "Runtime.HandlerNotFound")
    return getattr(module, function_name), None


def answer(handler: Any, request: dict[str, Any]) -> dict[str, Any]:
    """Run one invocation."""
    _set_or_clear("_X_AMZN_TRACE_ID", request.get("trace_id"))
    context = Context(request["request_id"], request["function_arn"], request["deadline"])
    try:
        result = handler(request["event"], context)
    except Exception as error:
        traceback.print_exc()
        return {"error": failure(error, request_id=context.aws_request_id)}
    try:
        return {"result": json.loads(json.dumps(result))}
    except (TypeError, ValueError) as error:
        message = f"Unable to marshal response: {error}"
        return {"error": failure(error, "Runtime.MarshalError", message, context.aws_request_id)}


def _set_or_clear(variable: str, value: str | None) -> None:
    if value:
        os.environ[variable] = value
    else:
        os.environ.pop(variable, None)


def _send(channel: TextIO, message: dict[str, Any]) -> None:
    sys.stdout.flush()
    sys.stderr.write(f"{END_OF_LOG}\n")
    sys.stderr.flush()
    channel.write(json.dumps(message) + "\n")
    channel.flush()


def main() -> None:
    """Initialise once, then answer until standard input closes."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    handler, problem = load_handler(os.environ["_HANDLER"])
    _send(channel, {"error": problem} if problem else {"ready": True})
    if problem:
        return
    for line in requests:
        _send(channel, answer(handler, json.loads(line)))


if __name__ == "__main__":
    main()
