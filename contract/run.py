"""Models and executions: the path of their settings, and the model of an execution of the shared state machines."""

import json
import re
from typing import Any

# A training execution is named by the time that it covers, a deployment by its version and a time.
NAMES = {
    "training": re.compile(r"(?P<model>.+)-[0-9]{17}", re.ASCII),
    "deployment": re.compile(r"(?P<model>.+)-v[0-9]+-[0-9]+", re.ASCII),
}


def models_path(prefix: str) -> str:
    """The path of the parameters that hold the models' settings, of the platform whose names begin so."""
    return f"/{prefix}/models"


def model_of_execution(arn: str, given: Any = None) -> str | None:
    """The model of an execution: by the name that the platform gave it, else by its input (JSON), if that is there."""
    *_, machine, name = arn.split(":")
    pattern = NAMES.get(machine.rpartition("-")[2])
    named = pattern.fullmatch(name) if pattern else None
    return named["model"] if named else _model_of_input(given)


def _model_of_input(given: Any) -> str | None:
    try:
        model = json.loads(given)["model"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return model if isinstance(model, str) and model else None
