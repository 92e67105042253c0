"""One whole rehearsal for all tests of this room: deployed once, travelled once."""

import json
import shutil
import tomllib
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from rich.console import Console

from rehearsal import people
from rehearsal.cloud import STAGE, Cloud
from rehearsal.journey import Outcome, travel
from rehearsal.launcher import Emulator
from rehearsal.samples import Sample, choose_sample, load_samples
from rehearsal.toolchain import ROOT, find_toolchain
from rehearsal.view import View
from tests.emulator.fault_requests import let_pass
from tests.rehearsal.bench import Bench, until
from tests.rehearsal.campaign import Campaign
from tests.rehearsal.drill import STAGE as DRILL_STAGE
from tests.rehearsal.drill import Drill
from tests.rehearsal.inbox import Inbox

TRAINING_DEADLINE_SECONDS = 120
JOURNEY_CALLS = "journey-calls.jsonl"


@dataclass(frozen=True)
class Platform:
    """The eight stacks, deployed."""

    emulator: Emulator
    cloud: Cloud
    view: View


def interrupted(request: pytest.FixtureRequest) -> bool:
    """Who presses Ctrl-C does not wait for a destroy: the emulator goes, and with it everything in it."""
    return request.session.exitstatus == pytest.ExitCode.INTERRUPTED


@pytest.fixture(scope="session")
def platform(request: pytest.FixtureRequest) -> Iterator[Platform]:
    tools = find_toolchain()
    view = View(Console(highlight=False, force_terminal=False))
    with Emulator(tools) as emulator:
        cloud = Cloud(tools, assembly=emulator.home / "assembly")
        cloud.synthesize()
        cloud.bootstrap(emulator)
        cloud.deploy(emulator)
        # Every session begins as a month does in which nobody trained: with idle functions.
        let_pass(emulator.endpoint_url, days=30)
        yield Platform(emulator, cloud, view)
        if not interrupted(request):
            cloud.destroy(emulator)
            assert_nothing_is_left(emulator)


def assert_nothing_is_left(emulator: Emulator) -> None:
    """After a destroy with live endpoints and registered versions only the CDK's own bootstrap stack remains."""
    stacks = people.owner(emulator, "cloudformation").describe_stacks()["Stacks"]
    sagemaker = people.owner(emulator, "sagemaker")

    assert [stack["StackName"] for stack in stacks] == ["CDKToolkit"]
    assert sagemaker.list_endpoints()["Endpoints"] == []
    assert sagemaker.list_models()["Models"] == []
    groups = sagemaker.list_model_package_groups()["ModelPackageGroupSummaryList"]
    assert [group for group in groups if not group["ModelPackageGroupName"].startswith(f"mlops-{DRILL_STAGE}-")] == []


@pytest.fixture(scope="session")
def inbox(platform: Platform) -> Inbox:
    """The one mailbox of the whole session: filter it by what your test made."""
    return Inbox(platform.emulator, stage=STAGE)


@pytest.fixture(scope="session")
def campaign(platform: Platform, inbox: Inbox) -> Iterator[Campaign]:
    """One fault for every task state, under way on the models beside the flagship; the mailbox is there before."""
    assert inbox
    running = Campaign(platform.emulator)
    yield running
    running.end()


@pytest.fixture(scope="session")
def flagship() -> Sample:
    return choose_sample(None)


@pytest.fixture(scope="session")
def outcome(platform: Platform, flagship: Sample) -> Outcome:
    """What the flagship's way from file to prediction left, and beside it the calls that were made on the way."""
    travelled = travel(platform.view, platform.emulator, flagship)
    home = platform.emulator.home
    shutil.copy(home / "calls.jsonl", home / JOURNEY_CALLS)
    return travelled


@pytest.fixture(scope="module")
def bench(platform: Platform) -> Bench:
    """The model whose machines no other test of this room leaves in an unusual state."""
    return Bench(platform.emulator, next(sample for sample in reversed(load_samples()) if not sample.flagship))


@pytest.fixture
def undone(bench: Bench) -> Iterator[ExitStack]:
    """What a test changes is as before after it, and the model has new files to work on."""
    bench.forget_accepted_files()
    with ExitStack() as stack:
        yield stack


def has_several_classes(sample: Sample) -> bool:
    settings = tomllib.loads((ROOT / "config" / "models" / f"{sample.model}.toml").read_text())
    return settings["problem"] == "multiclass"


@pytest.fixture(scope="session")
def drill(request: pytest.FixtureRequest, platform: Platform) -> Iterator[Drill]:
    """The stage that has prod's values, deployed beside the rehearsal, with a small sample's model to drill."""
    assembly = platform.emulator.home / f"assembly-{DRILL_STAGE}"
    cloud = Cloud(find_toolchain(), assembly=assembly, stage=DRILL_STAGE)
    cloud.synthesize()
    cloud.deploy(platform.emulator)
    yield Drill(platform.emulator, cloud, next(filter(has_several_classes, load_samples())))
    if not interrupted(request):
        cloud.destroy(platform.emulator)


@pytest.fixture(scope="session")
def drill_inbox(drill: Drill) -> Inbox:
    return Inbox(drill.emulator, stage=DRILL_STAGE)


@pytest.fixture(scope="session")
def trained(drill: Drill, drill_inbox: Inbox) -> str:
    """The first version, as training left it; the mailbox is there before."""
    assert drill_inbox
    drill.upload()
    arn = until(
        lambda: next((one["executionArn"] for one in drill.executions("training")), None),
        "a training to start",
        TRAINING_DEADLINE_SECONDS,
    )
    execution = drill.end_of(arn)
    assert execution["status"] == "SUCCEEDED", execution.get("cause")
    return json.loads(execution["output"])["package_arn"]
