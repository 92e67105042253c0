"""Lambda: functions run in processes that see what AWS's runtime has, under their role, and nothing of the emulator."""

from __future__ import annotations

from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

from rehearsal.emulator import idle_functions, permissions, sessions, settings
from rehearsal.emulator.function_rules import FunctionRefused, check_declaration
from rehearsal.emulator.lambda_process import Environment, InitialisationError

PRIVATE_NAMES: dict[str, tuple[str, ...]] = {
    "ministack.core.lambda_runtime": ("_worker_class_for",),
    "ministack.services.lambda_svc": (
        "_create_function",
        "_emit_lambda_logs",
        "_ensure_reaper_thread",
        "_execute_function_warm",
        "_functions",
        "_update_config",
        "_xray_trace_id_for_invocation",
        "acquire_worker",
        "error_response_json",
        "invalidate_worker",
        "release_worker",
    ),
}


def install() -> None:
    """Put our workers under ministack's pool and our checks before its function records."""
    lambda_runtime._worker_class_for = lambda config: Environment
    lambda_svc._execute_function_warm = execute
    lambda_svc._create_function = _checked(lambda_svc._create_function)
    lambda_svc._update_config = _checked_update(lambda_svc._update_config)
    lambda_svc._emit_lambda_logs = _permitted_logs(lambda_svc._emit_lambda_logs)


def execute(record: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
    """Run one invocation in a free environment of the function and put its outcome into ministack's form."""
    config = record.get("config") or record
    idle = idle_functions.refusal(config)
    if idle:
        return _failed({"errorType": "ResourceNotReadyException", "errorMessage": idle}, "")
    code = record.get("code_zip")
    if not code:
        return _failed({"errorType": "Runtime.InvalidZip", "errorMessage": "the function has no code"}, "")
    lambda_svc._ensure_reaper_thread()
    name, qualifier = config["FunctionName"], config.get("Version", "$LATEST")
    worker, reason = lambda_svc.acquire_worker(name, config, code, qualifier=qualifier)
    if not isinstance(worker, Environment):
        return _failed({"errorType": "TooManyRequestsException", "errorMessage": f"Rate Exceeded: {reason}"}, "")
    try:
        outcome = worker.invoke(
            event,
            request_id,
            trace_id=lambda_svc._xray_trace_id_for_invocation(config),
            invoked_function_arn=config.get("FunctionArn"),
        )
    except InitialisationError as error:
        return _failed(error.problem, error.log)
    except sessions.RoleError as error:
        return _failed({"errorType": "AccessDeniedException", "errorMessage": str(error)}, "")
    finally:
        lambda_svc.release_worker(worker)
    if "error" in outcome:
        return _failed(_as_told(outcome["error"], request_id), outcome["log"])
    return {"body": outcome["result"], "log": outcome["log"]}


def _as_told(problem: dict[str, Any], request_id: str) -> dict[str, Any]:
    """A handler's error carries the request's id beside it, the runtime's own errors in their message."""
    if "stackTrace" in problem:
        return {**problem, "requestId": request_id}
    return {**problem, "errorMessage": f"RequestId: {request_id} Error: {problem['errorMessage']}"}


def _failed(problem: dict[str, Any], log: str) -> dict[str, Any]:
    last_line = f"[ERROR] {problem.get('errorType')}: {problem.get('errorMessage')}"
    return {"body": problem, "error": True, "function_error": "Unhandled", "log": f"{log}{last_line}\n"}


def _checked(create: Any) -> Any:
    def checked(data: dict[str, Any]) -> Any:
        try:
            check_declaration(data)
        except FunctionRefused as error:
            return lambda_svc.error_response_json("InvalidParameterValueException", str(error), 400)
        answer = create(data)
        _remember(data.get("FunctionName", ""))
        return answer

    return checked


def _checked_update(update: Any) -> Any:
    def checked(name: str, data: dict[str, Any]) -> Any:
        record = lambda_svc._functions.get(name)
        if record is not None:
            try:
                check_declaration({**record["config"], **data})
            except FunctionRefused as error:
                return lambda_svc.error_response_json("InvalidParameterValueException", str(error), 400)
        answer = update(name, data)
        _remember(name)
        return answer

    return checked


def _remember(name: str) -> None:
    record = lambda_svc._functions.get(name)
    if record is not None:
        idle_functions.remember(record["config"])


def _permitted_logs(emit: Any) -> Any:
    """A function without the permission to write its log runs, but leaves no log: so it is on AWS."""

    def permitted(record: dict[str, Any], request_id: str, *more: Any, **options: Any) -> None:
        config = record.get("config") or record
        name = config["FunctionName"]
        group = (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}"
        stream = f"arn:aws:logs:{settings.region()}:{settings.account_id()}:log-group:{group}:log-stream:"
        caller = permissions.session_arn(config["Role"], name)
        for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
            if permissions.refusal(permissions.Question(caller, action, stream, {})):
                return
        emit(record, request_id, *more, **options)

    return permitted
