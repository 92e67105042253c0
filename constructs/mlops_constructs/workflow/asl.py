"""Amazon States Language in JSONata, state by state, as plain dictionaries."""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Aws

from mlops_constructs.workflow.failure import CAUGHT, CAUSE, ERROR
from mlops_constructs.workflow.retries import Retrier

State = dict[str, Any]
States = dict[str, State]

FAILED = "Failed"
PASS_INPUT_ON = "{% $states.input %}"


def jsonata(expression: str) -> str:
    """An expression, as Step Functions recognises it inside a string."""
    return f"{{% {expression} %}}"


def task(
    integration: str,
    arguments: Mapping[str, Any],
    *,
    retry: Sequence[Retrier],
    timeout_seconds: int | str,
    next_state: str,
    assign: Mapping[str, Any] | None = None,
    catch_first: Sequence[Mapping[str, Any]] = (),
    on_error: str = FAILED,
) -> State:
    """One call of a service. Its answer reaches later states only through `assign`, for answers can be large.

    An error that neither `retry` nor `catch_first` takes leads to `on_error`.
    """
    state: State = {
        "Type": "Task",
        "Resource": f"arn:{Aws.PARTITION}:states:::{integration}",
        "Arguments": dict(arguments),
        "TimeoutSeconds": timeout_seconds,
        "Retry": [retrier.as_asl() for retrier in retry],
        "Catch": [*catch_first, caught(on_error)],
        "Output": PASS_INPUT_ON,
        "Next": next_state,
    }
    return state | ({"Assign": dict(assign)} if assign else {})


def caught(
    next_state: str, *, errors: Sequence[str] = ("States.ALL",), assign: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """A catcher that remembers the state and the error; every task ends with one for all errors."""
    return _catcher(next_state, errors, dict(CAUGHT), assign)


def ignored(
    next_state: str, *, errors: Sequence[str] = ("States.ALL",), assign: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """A catcher that drops the error: the next state is given what this one was given."""
    return _catcher(next_state, errors, PASS_INPUT_ON, assign)


def _catcher(next_state: str, errors: Sequence[str], output: Any, assign: Mapping[str, str] | None) -> dict[str, Any]:
    catcher = {"ErrorEquals": list(errors), "Output": output, "Next": next_state}
    return catcher | ({"Assign": dict(assign)} if assign else {})


def failed() -> State:
    """The goal of every catcher: say which state failed, and why."""
    return {"Type": "Fail", "Error": ERROR, "Cause": CAUSE}


def assign(values: Mapping[str, Any], *, next_state: str) -> State:
    """Set variables."""
    return {"Type": "Pass", "Assign": dict(values), "Next": next_state}


def wait(seconds: int, *, next_state: str) -> State:
    """Let time pass."""
    return {"Type": "Wait", "Seconds": seconds, "Next": next_state}


def choice(*rules: tuple[str, str], otherwise: str) -> State:
    """The first rule (condition, next state) that holds decides."""
    return {
        "Type": "Choice",
        "Choices": [{"Condition": jsonata(condition), "Next": next_state} for condition, next_state in rules],
        "Default": otherwise,
    }


def succeed(output: Mapping[str, Any]) -> State:
    """A good end."""
    return {"Type": "Succeed", "Output": dict(output)}


def fail(error: str, cause: str) -> State:
    """A bad end that a rule of ours decided; the cause is a JSONata expression."""
    return {"Type": "Fail", "Error": error, "Cause": jsonata(f"$substring({cause}, 0, 30000)")}


def for_each(items: str, name: str, state: State, *, next_state: str) -> State:
    """Run one task for each item, one after the other. State names are unique in a whole machine, so inner ones too."""
    done, broken = f"{name}Done", f"{name}Failed"
    inner = {name: state | {"Next": done, "Catch": [caught(broken)]}, done: {"Type": "Succeed"}, broken: failed()}
    return {
        "Type": "Map",
        "Items": items,
        "MaxConcurrency": 1,
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "INLINE"},
            "StartAt": name,
            "States": inner,
        },
        "Catch": [caught(FAILED)],
        "Output": PASS_INPUT_ON,
        "Next": next_state,
    }


def machine(comment: str, start: str, states: States, *, timeout_seconds: int) -> dict[str, Any]:
    """A whole state machine."""
    return {
        "Comment": comment,
        "QueryLanguage": "JSONata",
        "StartAt": start,
        "TimeoutSeconds": timeout_seconds,
        "States": {**states, FAILED: failed()},
    }
