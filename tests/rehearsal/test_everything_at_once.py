"""One journey in an account of its own, with everything at once that AWS does to people.

A month in which nobody called a function, a crawler that fails, a quota of 0, ETags that say nothing of the content, a
container that dies, access logs that come late. Each has tests by itself; here none may hide behind another.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from config.environments import environment
from rehearsal.cloud import STAGE, Cloud, CommandFailed
from rehearsal.launcher import Emulator
from rehearsal.samples import load_samples
from rehearsal.toolchain import find_toolchain
from tests.emulator.containers import model_server
from tests.emulator.fault_requests import Faults, let_pass, set_quotas
from tests.rehearsal import everything
from tests.rehearsal.drill import Drill
from tests.rehearsal.inbox import Inbox
from tests.rehearsal.told import line_of

pytestmark = pytest.mark.slow

ENDPOINT = environment(STAGE).step_functions.endpoint
QUOTA = f"{ENDPOINT.instance_type} for endpoint usage"
CRAWL_FAILURE = "Internal Service Exception"
MESSAGE_SECONDS = 120
TOLD_WITHIN_SECONDS = 120
IDLE = "Lambda.ResourceNotReadyException"


@pytest.fixture(scope="module")
def stage() -> Iterator[Drill]:
    """The stage in a new account, deployed a month ago."""
    tools = find_toolchain()
    with Emulator(tools) as emulator:
        cloud = Cloud(tools, assembly=emulator.home / "assembly", stage=STAGE)
        cloud.synthesize()
        cloud.bootstrap(emulator)
        cloud.deploy(emulator)
        sample = next(sample for sample in load_samples() if sample.model == "wine")
        let_pass(emulator.endpoint_url, days=30)
        yield Drill(emulator, cloud, sample, stage=STAGE)


@pytest.fixture(scope="module")
def mailbox(stage: Drill) -> Inbox:
    return Inbox(stage.emulator, stage=STAGE)


@dataclass(frozen=True)
class Trained:
    """The run of the first file, with all that AWS does switched on."""

    execution: Mapping[str, Any]
    crawls: int


@pytest.fixture(scope="module")
def trained(stage: Drill, mailbox: Inbox) -> Trained:
    assert mailbox
    faults = Faults(stage.emulator.endpoint_url)
    fault = faults.inject("glue:StartCrawler", times=50, matches=[stage.name], job_failure=CRAWL_FAILURE)
    set_quotas(stage.emulator.endpoint_url, {QUOTA: 0})
    stage.upload()
    return Trained(everything.next_execution(stage, "training", []), faults.hits(fault))


@dataclass(frozen=True)
class Refused:
    """The deployment that the approval of the new version started."""

    execution: Mapping[str, Any]
    notices: list[str]
    told_at: datetime


@pytest.fixture(scope="module")
def refused(stage: Drill, trained: Trained, mailbox: Inbox) -> Refused:
    assert trained.execution["status"] == "SUCCEEDED", trained.execution.get("cause")
    execution = everything.next_execution(stage, "deployment", [])
    mailbox.wait_for(execution["name"], deadline_seconds=MESSAGE_SECONDS, quiet_seconds=0)
    told_at = datetime.now(UTC)
    return Refused(execution, mailbox.wait_for(execution["name"], deadline_seconds=0), told_at)


@pytest.fixture(scope="module")
def version(trained: Trained, stage: Drill, refused: Refused) -> str:
    """The version, in service once the quota was raised and a person deployed it again."""
    assert refused.notices
    found = json.loads(trained.execution["output"])["package_arn"]
    set_quotas(stage.emulator.endpoint_url, {QUOTA: ENDPOINT.instance_count})
    execution = stage.deploy(found, name="after-the-quota-was-raised")
    assert execution["status"] == "SUCCEEDED", execution.get("cause")
    return found


@dataclass(frozen=True)
class UploadedAgain:
    """The same bytes under the same key, and the run that they started."""

    etags: tuple[str, str]
    execution: Mapping[str, Any]


@pytest.fixture(scope="module")
def uploaded_again(stage: Drill, version: str) -> UploadedAgain:
    assert version
    [(key, _content)] = stage.sample.uploads()
    s3, bucket = stage.client("s3"), stage.outputs("storage")["DataBucketName"]
    known, before = stage.executions("training"), s3.head_object(Bucket=bucket, Key=key)
    stage.upload()
    after = s3.head_object(Bucket=bucket, Key=key)
    assert before["VersionId"] != after["VersionId"]
    return UploadedAgain((before["ETag"], after["ETag"]), everything.next_execution(stage, "training", known))


@dataclass(frozen=True)
class Killed:
    """A container before and after its death: processes and answers."""

    processes: tuple[int, int | None]
    answers: tuple[list[Any], list[Any]]


@pytest.fixture(scope="module")
def killed(stage: Drill, version: str) -> Killed:
    before, process = stage.predictions(version), everything.kill_container(stage)
    after = everything.answers_again(stage, version)
    return Killed((process, model_server(stage.emulator.home, stage.name)), (before, after))


@dataclass(frozen=True)
class Destroyed:
    """One attempt at a destroy."""

    problem: str
    deliveries: list[tuple[str, str]]
    left: dict[str, list[str]]


@pytest.fixture(scope="module")
def destroyed(stage: Drill, uploaded_again: UploadedAgain, killed: Killed) -> Destroyed:
    assert uploaded_again.execution
    assert killed.answers
    problem, began = "", datetime.now(UTC)
    with everything.somebody_looks_at_the_data(stage):
        try:
            stage.cloud.destroy(stage.emulator)
        except CommandFailed as failed:
            problem = str(failed)
    return Destroyed(problem, everything.deliveries_since(stage, began), everything.names_left(stage))


def test_functions_that_were_idle_for_a_month_end_no_run(stage: Drill, trained: Trained) -> None:
    idle = {state for state, error, _ in everything.failures(stage.history(trained.execution)) if error == IDLE}

    assert trained.execution["status"] == "SUCCEEDED", trained.execution.get("cause")
    assert idle == everything.states_in_network(stage, "training")
    assert {"WriteManifest", "GateArrivals", "ValidateData", "EvaluateModel"} <= idle


def test_a_crawler_that_fails_ends_no_run_and_is_told_with_it(trained: Trained, mailbox: Inbox, stage: Drill) -> None:
    assert trained.crawls == 1
    assert json.loads(trained.execution["output"])["warnings"] == [
        f"crawler {stage.name}: the crawl failed: {CRAWL_FAILURE}"
    ]
    told = f"A run of {stage.sample.model} went on in spite of something"
    assert mailbox.wait_for(told, deadline_seconds=MESSAGE_SECONDS, quiet_seconds=0)


def test_a_quota_of_zero_is_told_by_name_and_type_within_two_minutes(stage: Drill, refused: Refused) -> None:
    history = stage.history(refused.execution)
    [(state, error, refusal)] = everything.failures(history)
    [notice] = refused.notices

    assert (state, error) == ("CreateEndpoint", "SageMaker.ResourceLimitExceededException")
    assert refused.execution["status"] == "FAILED"
    assert "CreateEndpoint" in line_of(notice, "State:")
    assert f"'{QUOTA}' is 0 Instances" in notice
    assert line_of(notice, "Way out:")
    seconds = everything.seconds_on_aws(history, refusal, refused.told_at, stage.emulator.speed)
    assert seconds < TOLD_WITHIN_SECONDS


def test_once_the_quota_is_raised_the_version_goes_into_service(stage: Drill, version: str) -> None:
    assert stage.endpoint()["EndpointStatus"] == "InService"
    assert stage.champion()["package_arn"]["S"] == version


def test_the_same_bytes_under_another_etag_are_nothing_new(stage: Drill, uploaded_again: UploadedAgain) -> None:
    """API_Object: of an object under SSE-KMS the ETag is no digest of its data."""
    before, after = uploaded_again.etags

    assert before != after
    assert json.loads(uploaded_again.execution["output"])["verdict"] == "nothing_new"
    assert "RunEtl" not in stage.path(uploaded_again.execution)


def test_a_container_that_died_answers_again_as_before(killed: Killed) -> None:
    before, after = killed.processes

    assert after not in (None, before)
    assert killed.answers[0] == killed.answers[1]
    assert killed.answers[0]


def test_no_role_was_refused_anything_in_all_this(stage: Drill, uploaded_again: UploadedAgain, killed: Killed) -> None:
    assert uploaded_again.execution
    assert killed.answers
    calls = everything.calls_of_roles(stage)

    assert len(calls) > 100
    assert [call for call in calls if call["decision"] == "denied"] == []


def test_logs_that_come_during_the_destroy_do_not_cost_a_second_attempt(destroyed: Destroyed) -> None:
    """Some come before the log bucket is closed, some after: those would fill it again."""
    decisions = [decision for decision, _key in destroyed.deliveries]

    assert destroyed.problem == ""
    assert (decisions[0], decisions[-1]) == ("allowed", "denied")
    assert destroyed.left == {"stacks": ["CDKToolkit"], "buckets": []}
