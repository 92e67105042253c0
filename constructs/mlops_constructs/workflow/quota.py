"""A quota of instances that refuses a job or an endpoint: waited for where that can help, else told at once.

A retrier cannot read the message, so the refusal is caught: too small a quota fails the run, a quota that is used up is
tried again every few minutes. The states are shared by all tasks of a machine; `$quota_looks` counts the tries.
"""

from typing import Any

from mlops_constructs.workflow.asl import FAILED, States, caught, choice, jsonata, wait
from mlops_constructs.workflow.retries import EXCEEDED

LOOK_SECONDS = 300
LOOKS = 9
NO_LOOKS = {"quota_looks": 0}

# "... is 0 Instances, with current utilization of 0 Instances and a request delta of 1 Instances": if the limit is
# below the request, no job that ends makes room for it. A message without these numbers is waited for.
HELPS = """(
  $quota := $match($states.errorOutput.Cause, /is ([0-9]+) [^,]*,.* delta of ([0-9]+)/);
  $not($exists($quota) and $number($quota.groups[0]) < $number($quota.groups[1]))
)"""


def exceeded() -> dict[str, Any]:
    """The catcher of a task that may meet a quota. Retries count as well, so that every try has its own number."""
    found = {
        "quota_looks": jsonata("$quota_looks + $states.context.State.RetryCount + 1"),
        "quota_helps": jsonata(" ".join(HELPS.split())),
    }
    return caught("WaitForQuota?", errors=EXCEEDED, assign=found)


def quota_states(*tasks: str, give_up: dict[str, str] | None = None, on_error: str = FAILED) -> States:
    """The states after a refusal of these tasks, which fail to `on_error`, or to what `give_up` says of one of them."""
    ways = [(f"$states.input.state = '{task}'", state) for task, state in (give_up or {}).items()]
    return {
        "WaitForQuota?": choice(
            (f"$quota_looks <= {LOOKS} and $quota_helps", "WaitForQuota"), *ways, otherwise=on_error
        ),
        "WaitForQuota": wait(LOOK_SECONDS, next_state="TryAgain?"),
        "TryAgain?": choice(*((f"$states.input.state = '{task}'", task) for task in tasks[:-1]), otherwise=tasks[-1]),
    }
