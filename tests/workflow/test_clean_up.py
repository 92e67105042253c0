"""A run that fails leaves neither a job that nobody waits for nor a candidate model, and tells the first error."""

import pytest

from tests.workflow.answers import CHAMPION, NAME, training
from tests.workflow.assembly import all_states, machine
from tests.workflow.expressions import RUN
from tests.workflow.walk import ServiceError, Walk, walk

WITH_CANDIDATE = ("ScoreHoldout", "GetChampion", "ScoreHoldoutWithChampion", "EvaluateModel")
CANDIDATE = {"ModelName": f"{NAME}-{RUN}-candidate"}
TIMEOUT = ServiceError("States.Timeout", "")


def _walk(**changes: object) -> Walk:
    return walk(machine("training"), {}, training(**{"GetChampion": CHAMPION, **changes}))


@pytest.mark.parametrize("state", WITH_CANDIDATE)
def test_an_error_after_the_candidate_was_made_removes_it_and_stays_the_one_that_is_told(state: str) -> None:
    done = _walk(**{state: ServiceError("Weird", "why")})
    assert done.path[-3:] == [state, "DiscardCandidate", "Failed"]
    assert done.calls["DiscardCandidate"] == CANDIDATE
    assert (done.error, done.cause) == ("Weird", f"{state}: why")


def test_every_task_between_making_and_deleting_the_candidate_is_meant() -> None:
    definition = machine("training")
    names = [name for name, state in all_states(definition).items() if state["Type"] == "Task"]
    between = names[names.index("CreateCandidateModel") + 1 : names.index("DeleteCandidateModel")]
    assert [name for name in between if name not in ("StopTraining", "StopTransform", "DiscardCandidate")] == list(
        WITH_CANDIDATE
    )


@pytest.mark.parametrize("state", WITH_CANDIDATE)
def test_an_error_of_the_removal_does_not_hide_the_first_one(state: str) -> None:
    done = _walk(**{state: ServiceError("Weird", "why"), "DiscardCandidate": ServiceError("Other", "no such model")})
    assert (done.end, done.error, done.cause) == ("Failed", "Weird", f"{state}: why")


@pytest.mark.parametrize(("state", "kind"), [("ScoreHoldout", "holdout"), ("ScoreHoldoutWithChampion", "champion")])
@pytest.mark.parametrize("stopping", [{}, ServiceError("SageMaker.ResourceNotFoundException", "no such job")])
def test_a_transform_job_that_outlives_its_state_is_stopped_and_the_candidate_removed(
    state: str, kind: str, stopping: object
) -> None:
    done = _walk(**{state: TIMEOUT, "StopTransform": stopping})
    assert done.path[-4:] == [state, "StopTransform", "DiscardCandidate", "Failed"]
    assert done.calls["StopTransform"] == {"TransformJobName": done.calls[state]["TransformJobName"]}
    assert done.calls["StopTransform"]["TransformJobName"].endswith(f"-{kind}-00")
    assert done.error == "States.Timeout"


def test_a_training_job_that_outlives_its_state_is_stopped() -> None:
    """Its MaxRuntimeInSeconds begins with its instance: a job that still waits for one would train for nobody."""
    done = _walk(TrainModel=TIMEOUT)
    assert done.path[-3:] == ["TrainModel", "StopTraining", "Failed"]
    assert done.calls["StopTraining"] == {"TrainingJobName": done.calls["TrainModel"]["TrainingJobName"]}
    assert done.error == "States.Timeout"


def test_a_glue_run_ends_by_its_own_limit() -> None:
    """The job's timeout is at most the state's (config/settings_rules.py), so there is nothing to stop."""
    assert _walk(RunEtl=TIMEOUT).path[-2:] == ["RunEtl", "Failed"]
