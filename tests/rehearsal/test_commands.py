"""The command line `./mlops` itself, as a person runs it, against the deployed platform."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rehearsal import people
from rehearsal.cloud import STAGE
from rehearsal.journey import Outcome
from rehearsal.samples import Sample, load_samples
from rehearsal.toolchain import ROOT
from tests.commands.conftest import Ended
from tests.rehearsal.conftest import Platform

pytestmark = pytest.mark.slow

COMMAND_DEADLINE_SECONDS = 240
START_DEADLINE_SECONDS = 120
COPIED = (
    "ModelPackageGroupName",
    "InferenceSpecification",
    "CustomerMetadataProperties",
    "ModelMetrics",
    "DriftCheckBaselines",
)
CONTAINER = ("Image", "ModelDataUrl", "Environment")


@dataclass(frozen=True)
class Person:
    """Someone at a terminal, beside the rehearsal."""

    platform: Platform
    model: str

    def runs(self, *arguments: str, code: int = 0) -> Ended:
        """`./mlops` with these arguments; `code` is what it must end with."""
        environment = {**os.environ, **self.platform.emulator.client_environment(), "MLOPS_STAGE": STAGE}
        ended = subprocess.run(
            [str(ROOT / "mlops"), *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=COMMAND_DEADLINE_SECONDS,
            check=False,
        )
        assert ended.returncode == code, f"{arguments}: {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def version(self, number: int) -> dict[str, Any]:
        """What `mlops models` says of one version."""
        [model] = self.runs("--json", "models", self.model).document["models"]
        return next(each for each in model["versions"] if each["version"] == number)

    def newest(self, kind: str) -> dict[str, Any]:
        """The newest execution of one of the model's machines."""
        listed = self.runs("--json", "runs", self.model, "--limit", "1").document["runs"]
        return next(each for each in listed if each["kind"] == kind)


@pytest.fixture(scope="module")
def person(platform: Platform, outcome: Outcome, flagship: Sample) -> Person:
    assert outcome.package
    return Person(platform, flagship.model)


def run_of(outcome: Outcome) -> str:
    return outcome.package["CustomerMetadataProperties"]["run"]


def test_a_file_of_another_model_is_refused_before_it_leaves(person: Person, tmp_path: Path) -> None:
    file = tmp_path / "months.csv"
    file.write_text("month,sales\n1,2\n")

    ended = person.runs("upload", person.model, str(file), code=1)

    assert "nothing was uploaded" in ended.err
    people_s3 = people.owner(person.platform.emulator, "s3")
    [bucket] = [each["Name"] for each in people_s3.list_buckets()["Buckets"] if "databucket" in each["Name"]]
    listed = people_s3.list_objects_v2(Bucket=bucket, Prefix=f"raw/{person.model}/")
    assert not [entry for entry in listed["Contents"] if entry["Key"].endswith("months.csv")]


def test_the_run_of_the_journey_is_told_with_verdict_states_and_version(person: Person, outcome: Outcome) -> None:
    listed = person.runs("--json", "runs", person.model).document["runs"]
    told = person.runs("--json", "runs", person.model, run_of(outcome)).document

    assert {each["execution"] for each in listed} >= {outcome.training_execution, outcome.deployment_execution}
    assert (told["verdict"], told["status"]) == (outcome.report["verdict"], "SUCCEEDED")
    assert told["metrics"] == outcome.report["metrics"]
    assert told["package"]["arn"] == outcome.package["ModelPackageArn"]
    assert {"GateArrivals", "RunEtl", "TrainModel", "EvaluateModel"} <= {state["state"] for state in told["states"]}


def test_the_log_of_the_run_has_lines_of_every_service_in_order(person: Person, outcome: Outcome) -> None:
    lines = person.runs("--json", "logs", person.model, run_of(outcome)).document["lines"]

    assert {"GateArrivals", "RunEtl", "TrainModel", "ScoreHoldout"} <= {line["state"] for line in lines}
    assert [line["time"] for line in lines] == sorted(line["time"] for line in lines)
    assert any("boosted" in line["message"] for line in lines if line["state"] == "TrainModel")
    assert person.runs("--json", "logs", person.model, "--endpoint").document["lines"]


def test_a_prediction_is_the_journeys_own_and_a_bad_row_names_column_and_reason(
    person: Person, outcome: Outcome
) -> None:
    first = outcome.predictions[0]
    good = {name: value for name, value in first["row"].items() if name != "row_id"}
    column = next(name for name, value in good.items() if isinstance(value, int | float))

    answer = person.runs("--json", "predict", person.model, "--row", json.dumps(good)).document["predictions"][0]
    refused = person.runs("predict", person.model, "--row", json.dumps(good | {column: "many"}), code=1)

    assert answer["prediction"] == first["answer"]["prediction"]
    assert f"line 1, column '{column}'" in refused.err
    assert "many" in refused.err


def test_refused_rows_are_exported_as_they_came(person: Person, tmp_path: Path) -> None:
    counted = person.runs("--json", "quarantine", person.model).document
    areas = {group["key"].split("/")[0] for group in counted["groups"]}
    area = ["--holdout"] if areas == {"holdout"} else []

    exported = person.runs("--json", "quarantine", person.model, *area, "--export", str(tmp_path / "q.csv")).document
    still_wrong = person.runs("quarantine", person.model, *area, "--send", str(tmp_path / "q.csv"), code=1)

    assert exported["rows"] == counted["rows"] == sum(group["rows"] for group in counted["groups"])
    assert "nothing was sent" in still_wrong.err


def test_a_second_version_is_approved_serves_and_is_rolled_back(person: Person, outcome: Outcome) -> None:
    sagemaker = people.owner(person.platform.emulator, "sagemaker")
    copy = {name: outcome.package[name] for name in COPIED}
    [container] = copy["InferenceSpecification"]["Containers"]
    specification = {**copy["InferenceSpecification"], "Containers": [{name: container[name] for name in CONTAINER}]}
    made = sagemaker.create_model_package(
        **{**copy, "InferenceSpecification": specification}, ModelApprovalStatus="PendingManualApproval"
    )
    number = int(made["ModelPackageArn"].rpartition("/")[2])
    first = outcome.package["ModelPackageVersion"]

    pending = person.runs("deploy", person.model, "--version", str(number), code=1)
    assert f"./mlops approve {person.model} --version {number}" in pending.err

    person.runs("approve", person.model, "--version", str(number), "--reason", "as good as the first")
    person.platform.view.wait(
        "waiting for the second version",
        lambda: person.version(number)["serves"] or None,
        deadline_seconds=COMMAND_DEADLINE_SECONDS,
    )
    person.platform.view.wait(
        "waiting for the end of its deployment",
        lambda: person.newest("deployment")["status"] == "SUCCEEDED" or None,
        deadline_seconds=COMMAND_DEADLINE_SECONDS,
    )

    back = person.runs("--json", "rollback", person.model, "--to", str(first), "--wait")

    assert back.document["version"] == str(first)
    assert person.version(first)["serves"]
    assert person.version(number)["approval"] == "Rejected"


def test_the_doctor_finds_no_problem_and_says_what_it_cannot_check_here(person: Person) -> None:
    assembly = person.platform.emulator.home / "assembly"

    told = person.runs("--json", "doctor", "--assembly", str(assembly)).document

    by_check = {finding["check"]: finding["status"] for finding in told["findings"]}
    assert told["counts"]["problem"] == 0
    assert by_check["stacks"] == by_check["names"] == by_check["bootstrap"] == "ok"
    assert by_check["quotas"] == by_check["functions"] == "not checked here"


def test_the_cost_of_the_deployed_templates_is_told(person: Person) -> None:
    told = person.runs("--json", "cost", "--assembly", str(person.platform.emulator.home / "assembly")).document

    assert told["month"]["usd"] > told["run"]["usd"] > 0
    assert told["not_priced"]


def test_a_run_by_hand_reaches_the_starter_and_an_unknown_model_does_not(person: Person) -> None:
    # A model without data: its run is over soon, and nothing is trained.
    model = [sample.model for sample in load_samples() if not sample.flagship][-1]

    assert person.runs("--json", "train", model).document["message_id"]
    person.platform.view.wait(
        "waiting for the run",
        lambda: person.runs("--json", "runs", model).document["runs"] or None,
        deadline_seconds=START_DEADLINE_SECONDS,
    )
    assert model in person.runs("train", "no-such-model", code=3).err
