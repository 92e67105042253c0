"""Names and addresses that an execution makes for itself, as JSONata.

The first states set three variables that all others use: `$model`; `$name`, which begins the names of everything that
is made for the model, and is the name of its endpoint, package group and crawler; and `$settings`, the model's document
of settings (ModelDeployment.settings).
"""

from mlops_constructs.workflow.asl import jsonata

MODEL, NAME, CONTRACT = jsonata("$model"), jsonata("$name"), jsonata("$contract_uri")

# Twelve digits, yymmddhhmmss: execution names may be 80 characters with underscores, job names may not.
RUN = "$replace($substring($states.context.Execution.StartTime, 2, 17), /[^0-9]/, '')"

# A retry and a redrive need a name of their own, or the second attempt only says that the name is taken.
_ATTEMPT = "$string($states.context.Execution.RedriveCount) & $string($states.context.State.RetryCount)"


def setting(name: str) -> str:
    """One of the model's settings."""
    return jsonata(f"$settings.{name}")


def of_model(before: str, after: str = "") -> str:
    """A text that holds the model: `before`, the model, `after`."""
    return jsonata(f"'{before}' & $model" + (f" & '{after}'" if after else ""))


def given_by_deployments(ending: str = "") -> str:
    """JSONata that tells of a `$text` whether a deployment of this model gave the name; `ending` is an expression.

    A regular expression of JSONata cannot hold a variable, so the model's name is compared apart.
    """
    pattern = f"/^-v[0-9]+-[0-9]{{12}}(-[0-9]+)?{ending}$/"
    return f"$substring($text, 0, $length($name)) = $name and $contains($substring($text, $length($name)), {pattern})"


def job_name(kind: str) -> str:
    """The name of a training or transform job of this run and attempt; a try after a quota's refusal counts too."""
    attempt = (
        "$string($states.context.Execution.RedriveCount) & $string($quota_looks + $states.context.State.RetryCount)"
    )
    return jsonata(f"$name & '-' & $run & '-{kind}-' & {attempt}")


def first_or_numbered(stem: str) -> str:
    """A name (JSONata in and out) that a first attempt uses as it is, and a later one with its attempt's digits."""
    attempts = "$states.context.Execution.RedriveCount + $states.context.State.RetryCount"
    return jsonata(f"({stem}) & ({attempts} = 0 ? '' : '-' & {_ATTEMPT})")


def of_run(area: str, after: str) -> str:
    """An address below the run's folder of an area: `area`, model, run, `after`."""
    return jsonata(f"'{area}' & $model & '/' & $run & '{after}'")
