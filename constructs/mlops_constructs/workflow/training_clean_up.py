"""Clean-up of a run that fails, before it says so: the job that outlived its state, and the candidate model."""

from collections.abc import Mapping
from typing import Any

from mlops_constructs.workflow import retries
from mlops_constructs.workflow.asl import FAILED, State, States, caught, ignored, jsonata, task

DISCARD = "DiscardCandidate"


def clean_up_states() -> States:
    """Each leads on to the failure, whether it could remove its object or not."""
    return {
        "StopTraining": _clean_up("stopTrainingJob", {"TrainingJobName": jsonata("$job")}, next_state=FAILED),
        "StopTransform": _clean_up("stopTransformJob", {"TransformJobName": jsonata("$job")}, next_state=DISCARD),
        DISCARD: _clean_up("deleteModel", {"ModelName": jsonata("$candidate_model")}, next_state=FAILED),
    }


def timed_out(job_name: str, *, stop: str) -> dict[str, Any]:
    """The catcher of a state that waits for a job: Step Functions does not stop the job when the state's time is up."""
    return caught(stop, errors=("States.Timeout",), assign={"job": job_name})


def _clean_up(action: str, arguments: Mapping[str, str], *, next_state: str) -> State:
    """The error of the run stays the one that is told, so the clean-up's own is dropped."""
    state = task(
        f"aws-sdk:sagemaker:{action}", arguments, retry=retries.CLEAN_UP, timeout_seconds=60, next_state=next_state
    )
    return state | {"Catch": [ignored(next_state)]}
