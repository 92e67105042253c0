"""Names and addresses that a run makes for itself, as JSONata."""

from mlops_constructs.workflow.asl import jsonata

# Twelve digits, yymmddhhmmss: execution names may be 80 characters with underscores, job names may not.
RUN = "$replace($substring($states.context.Execution.StartTime, 2, 17), /[^0-9]/, '')"

# A retry and a redrive need a name of their own, or the second attempt only says that the name is taken.
_ATTEMPT = "$string($states.context.Execution.RedriveCount) & $string($states.context.State.RetryCount)"


def job_name(prefix: str, kind: str) -> str:
    """The name of a training or transform job of this run and attempt; a try after a quota's refusal counts too."""
    attempt = (
        "$string($states.context.Execution.RedriveCount) & $string($quota_looks + $states.context.State.RetryCount)"
    )
    return jsonata(f"'{prefix}-' & $run & '-{kind}-' & {attempt}")


def first_or_numbered(stem: str) -> str:
    """A name (JSONata in and out) that a first attempt uses as it is, and a later one with its attempt's digits."""
    attempts = "$states.context.Execution.RedriveCount + $states.context.State.RetryCount"
    return jsonata(f"({stem}) & ({attempts} = 0 ? '' : '-' & {_ATTEMPT})")


def of_run(before: str, after: str) -> str:
    """An address that holds the run: `before`, the run, `after`."""
    return jsonata(f"'{before}' & $run & '{after}'")
