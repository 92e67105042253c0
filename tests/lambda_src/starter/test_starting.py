"""The starter against a world of uploads, wishes, ends, aborts, crashes and redelivery."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_src.common.models import Models
from lambda_src.starter.decision import Claim, Item, Release, Rest, Start, decide
from lambda_src.starter.handler import handle
from lambda_src.starter.items import StarterItems
from tests.lambda_src.examples import MODELS_PATH, PARAMETERS, SETTINGS, TABLE
from tests.lambda_src.fakes import FakeSSM, client_error
from tests.lambda_src.starter.world import MORNING, TRAINING, World, end_of_second

DEPLOYMENT = "arn:aws:states:eu-west-1:123456789012:stateMachine:mlops-dev-deployment"
PACKAGE = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/mlops-dev-churn/7"
EXECUTION = f"{TRAINING.replace(':stateMachine:', ':execution:')}:churn-20260301100000000"
OLD_TRAINING = TRAINING.replace("-training", "-churn-training")


def test_many_uploads_within_a_minute_start_one_run() -> None:
    world = World()
    for _ in range(200):
        world.upload()
        world.now += timedelta(milliseconds=250)
    world.deliver_all()
    assert len(world.starts) == 1


def test_late_batches_of_the_same_minute_start_no_second_run() -> None:
    world = World()
    for _ in range(6):
        world.upload()
        world.now += timedelta(seconds=5)
    for record in world.queue:
        world.deliver([record])
    assert len(world.starts) == 1
    world.end("SUCCEEDED")
    world.deliver_all()
    assert len(world.starts) == 1


def test_uploads_during_a_run_start_exactly_one_after_it() -> None:
    world = World()
    world.upload()
    world.now += timedelta(seconds=30)
    world.deliver_all()
    for _ in range(5):
        world.now += timedelta(seconds=30)
        world.upload()
        world.deliver_all()
    assert len(world.starts) == 1
    world.now += timedelta(seconds=5)
    world.end("SUCCEEDED")
    world.deliver_all()
    assert len(world.starts) == 2
    world.now += timedelta(seconds=5)
    world.end("SUCCEEDED")
    world.deliver_all()
    assert len(world.starts) == 2


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED"])
def test_a_run_that_ends_badly_blocks_nothing(status: str) -> None:
    world = World()
    world.upload()
    world.deliver_all()
    world.end(status)
    world.queue.clear()  # even if the news of its end is lost
    world.now += timedelta(minutes=5)
    world.upload()
    world.deliver_all()
    assert len(world.starts) == 2


def test_a_claim_whose_starter_died_is_started_by_the_next_message() -> None:
    world = World()
    world.upload()
    world.now += timedelta(seconds=2)
    world.crash_after = 5  # after the claim, at the start
    assert world.deliver(list(world.queue)) == [record["messageId"] for record in world.queue]
    assert world.dynamodb.items["churn", "starter"].get("execution")
    assert not world.starts
    world.deliver_all()
    assert len(world.starts) == 1


def test_redelivery_changes_nothing() -> None:
    world = World()
    world.upload()
    records = list(world.queue)
    world.deliver_all()
    item = dict(world.dynamodb.items["churn", "starter"])
    for _ in range(3):
        world.deliver(records)
    assert world.dynamodb.items["churn", "starter"] == item
    assert len(world.starts) == 1


def test_a_wish_starts_a_run_although_nothing_arrived() -> None:
    world = World()
    world.wish()
    world.deliver_all()
    assert [start.reason for start in world.starts] == ["asked for"]


def test_a_wish_during_a_run_starts_one_that_trains_in_any_case() -> None:
    world = World()
    world.upload()
    world.deliver_all()
    world.now += timedelta(minutes=1)
    world.wish()
    world.wish()
    world.deliver_all()
    world.let_everything_end()
    assert [start.reason for start in world.starts] == ["new data", "asked for"]


def test_a_wish_that_is_delivered_late_is_not_met_by_a_run_for_new_data() -> None:
    world = World()
    world.wish()
    late, world.queue = world.queue, []
    world.now += timedelta(seconds=20)
    world.upload()
    world.deliver_all()
    world.queue = late
    world.let_everything_end()
    assert [start.reason for start in world.starts] == ["new data", "asked for"]


@pytest.mark.parametrize("clock_ahead", [timedelta(hours=1), timedelta(hours=-1)])
def test_a_wish_by_a_wrong_clock_starts_one_run(clock_ahead: timedelta) -> None:
    world = World()
    world.upload()
    world.let_everything_end()
    world.wish(clock_ahead=clock_ahead)
    world.let_everything_end()
    assert [start.reason for start in world.starts] == ["new data", "asked for"]


def test_a_wish_told_again_after_its_run_starts_none() -> None:
    world = World()
    world.wish()
    records = list(world.queue)
    world.let_everything_end()
    world.deliver(records)
    assert len(world.starts) == 1


@pytest.mark.parametrize("again", ["the same message", "an upload", "the end of an older run"])
def test_a_claimed_wish_whose_starter_died_is_started_with_the_same_input(again: str) -> None:
    world = World()
    world.wish()
    world.crash_after = 5  # after the claim, at the start
    world.deliver(list(world.queue))
    assert world.dynamodb.items["churn", "starter"].get("execution")
    assert not world.starts
    world.now += timedelta(minutes=1)
    if again != "the same message":
        world.queue.clear()
    if again == "an upload":
        world.upload()
    if again == "the end of an older run":
        older = TRAINING.replace(":stateMachine:", ":execution:") + ":churn-20200101000000000"
        world.send(kind="ended", execution_arn=older, status="FAILED")
    world.deliver_all()
    assert [start.reason for start in world.starts] == ["asked for"]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whatever_happens_nothing_is_lost_and_no_run_starts_that_nobody_wanted(data: st.DataObject) -> None:
    world, delivered, late = World(), list[Any](), list[Any]()
    steps = ["upload", "upload", "wish", "deliver", "deliver", "deliver", "crash", "end", "end", "again"]
    for _ in range(data.draw(st.integers(1, 25))):
        world.now += timedelta(milliseconds=data.draw(st.sampled_from([0, 1, 400, 1500, 60_000])))
        match data.draw(st.sampled_from([*steps, "late end"])):
            case "upload":
                world.upload()
            case "wish":
                world.wish(clock_ahead=timedelta(seconds=data.draw(st.sampled_from([0, 90, -90]))))
            case "end":
                world.end(data.draw(st.sampled_from(["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"])))
            case "late end":
                others, world.queue = world.queue, []
                world.end("ABORTED")
                late, world.queue = late + world.queue, others
            case "again" if delivered:
                world.deliver(data.draw(st.lists(st.sampled_from(delivered), max_size=4)))
            case "deliver" | "crash" as how if world.queue:
                chosen = data.draw(st.lists(st.sampled_from(world.queue), min_size=1, unique_by=id))
                world.crash_after = data.draw(st.integers(0, 9)) if how == "crash" else None
                failed = world.deliver(chosen)
                done = [record for record in chosen if record["messageId"] not in failed]
                delivered += done
                world.queue = [record for record in world.queue if record not in done]
    world.queue += late  # EventBridge may be late, but it delivers at least once
    world.let_everything_end()

    _nothing_is_lost(world)
    _no_run_is_one_too_many(world)


def _nothing_is_lost(world: World) -> None:
    assert not world.stepfunctions.running
    if world.uploads:
        assert max(start.time for start in world.starts) >= max(world.uploads)
    if world.wishes:
        assert max(start.time for start in world.starts if start.reason == "asked for") >= max(world.wishes)


def _no_run_is_one_too_many(world: World) -> None:
    """Each run was wanted by an upload or a wish that the runs before it did not cover."""
    for before, start in zip([None, *world.starts], world.starts, strict=False):
        if start.reason == "new data":
            since = before.covers if before else MORNING - timedelta(seconds=1)
            assert any(since < end_of_second(upload) and upload <= start.time for upload in world.uploads)
    asked = [start for start in world.starts if start.reason == "asked for"]
    for before, start in zip([None, *asked], asked, strict=False):
        assert any((before is None or before.covers < wish) and wish <= start.time for wish in world.wishes)


def test_two_starters_at_once_start_one_run() -> None:
    world = World()
    world.upload()
    items = StarterItems(world.dynamodb, TABLE)
    items.note_upload("churn", MORNING)
    assert items.claim("churn", Claim(f"{TRAINING}:a", MORNING + timedelta(seconds=1)))
    items.note_upload("churn", MORNING + timedelta(seconds=2))
    assert not items.claim("churn", Claim(f"{TRAINING}:b", MORNING + timedelta(seconds=3)))


def test_a_release_of_an_older_execution_leaves_the_newer_claim() -> None:
    world = World()
    items = StarterItems(world.dynamodb, TABLE)
    items.note_upload("churn", MORNING)
    items.claim("churn", Claim("new", MORNING))
    assert not items.release("churn", "old")
    assert items.read("churn").execution == "new"


PAST = st.datetimes(max_value=MORNING.replace(tzinfo=None), timezones=st.just(UTC))


@given(PAST, PAST)
def test_a_run_is_claimed_only_for_what_the_last_one_does_not_cover(last_upload: datetime, covers: datetime) -> None:
    action = decide(Item(covers=covers, last_upload=last_upload), None, TRAINING, "churn", MORNING)
    assert isinstance(action, Claim if last_upload > covers else Rest)


@pytest.mark.parametrize(
    ("status", "action"),
    [
        ("RUNNING", Rest),
        # A redrive that Step Functions has accepted and not begun is an execution that will run.
        ("PENDING_REDRIVE", Rest),
        ("SUCCEEDED", Release),
        ("FAILED", Release),
        ("TIMED_OUT", Release),
        ("ABORTED", Release),
        (None, Start),
    ],
)
def test_a_claimed_execution_is_let_go_only_when_it_is_over(status: str | None, action: type) -> None:
    claimed = Item(execution=EXECUTION, covers=MORNING, last_upload=MORNING + timedelta(minutes=1))
    assert isinstance(decide(claimed, status, TRAINING, "churn", MORNING + timedelta(hours=1)), action)


def test_an_execution_of_a_machine_that_is_no_more_is_forgotten_and_its_files_are_looked_at_again() -> None:
    """ADR 27: before it, each model had a machine of its own. The starter may not even ask for its executions."""
    old = EXECUTION.replace(":mlops-dev-training:", ":mlops-dev-churn-training:")
    world = World()
    world.upload()
    world.deliver_all()
    world.stepfunctions.executions.clear()
    world.dynamodb.items["churn", "starter"]["execution"] = {"S": old}
    world.now += timedelta(minutes=5)
    world.upload()
    world.deliver_all()
    [running] = world.stepfunctions.running
    assert running.startswith(EXECUTION.rpartition(":")[0])
    assert world.dynamodb.items["churn", "starter"]["execution"] == {"S": running}


@pytest.mark.parametrize("kind", ["training", "deployment"])
def test_a_message_for_a_machine_of_the_model_is_one_for_the_machine_of_all(kind: str) -> None:
    world = World()
    old = OLD_TRAINING.replace("-training", f"-{kind}")
    if kind == "training":
        world.send(kind="upload", key="raw/churn/a.csv", state_machine_arn=old)
    else:
        world.send(kind="approved", package_arn=PACKAGE, state_machine_arn=old)
    world.deliver_all()
    [arn] = world.stepfunctions.executions
    assert f":mlops-dev-{kind}:churn-" in arn


def test_while_the_platform_has_no_model_at_all_messages_come_back() -> None:
    """In the midst of a deployment: the parameters are not there yet."""
    world = World(models=Models(FakeSSM({}), MODELS_PATH))
    world.upload()
    assert world.deliver(list(world.queue)) == [world.queue[0]["messageId"]]


def test_a_wish_that_the_queue_dates_ahead_of_our_clock_is_covered_by_its_run() -> None:
    ahead = MORNING + timedelta(seconds=1)
    action = decide(Item(last_wish=ahead), None, TRAINING, "churn", MORNING)
    assert isinstance(action, Claim)
    assert (action.covers, action.covers_wish, action.reason) == (MORNING, ahead, "asked for")


def test_one_models_trouble_leaves_the_other_models_alone() -> None:
    world = World()
    world.upload()
    world.send(
        kind="upload", model="loans", key="raw/loans/a.csv", state_machine_arn=TRAINING.replace("churn", "loans")
    )
    broken = world.dynamodb.update_item

    def update_item(**arguments: Any) -> dict[str, Any]:
        if arguments["Key"]["model"]["S"] == "churn":
            raise client_error("ProvisionedThroughputExceededException", "UpdateItem")
        return broken(**arguments)

    world.dynamodb.update_item = update_item  # type: ignore[method-assign]
    assert world.deliver(list(world.queue)) == [world.queue[0]["messageId"]]
    assert [arn.split(":")[6] for arn in world.stepfunctions.running] == ["mlops-dev-training"]


def test_malformed_messages_are_reported_and_the_others_handled() -> None:
    world = World()
    world.put("broken", "?")
    world.send(kind="dance")
    world.upload()
    failed = world.deliver(list(world.queue))
    assert failed == sorted(["broken", world.queue[1]["messageId"]])
    assert len(world.starts) == 1


def test_an_approval_told_twice_starts_one_deployment() -> None:
    world = World()
    for _ in range(2):
        world.send(kind="approved", package_arn=PACKAGE, state_machine_arn=DEPLOYMENT)
    records = list(world.queue)
    assert world.deliver(records) == []
    world.stepfunctions.executions = dict.fromkeys(world.stepfunctions.executions, "SUCCEEDED")
    assert world.deliver(records) == []
    ((arn, text),) = world.stepfunctions.inputs.items()
    assert arn.endswith("mlops-dev-deployment:churn-v7-20260301100000")
    assert json.loads(text) == {
        "model": "churn",
        "package_arn": PACKAGE,
        "reason": "approved",
        "settings": SETTINGS,
    }


def test_a_run_is_given_the_model_and_its_settings() -> None:
    world = World()
    world.upload()
    world.deliver_all()
    ((arn, text),) = world.stepfunctions.inputs.items()
    assert ":mlops-dev-training:churn-" in arn
    assert json.loads(text) == {"model": "churn", "reason": "new data", "settings": SETTINGS}


@pytest.mark.parametrize("kind", ["upload", "manual", "approved"])
def test_what_is_about_no_model_of_the_platform_starts_nothing_and_leaves_no_item(kind: str) -> None:
    world = World()
    world.send(kind=kind, model="chrun", key="raw/chrun/a.csv", package_arn=PACKAGE)
    assert world.deliver(list(world.queue)) == []
    assert (world.stepfunctions.executions, world.dynamodb.items) == ({}, {})


def test_the_same_version_approved_again_later_is_deployed_again() -> None:
    world = World()
    world.send(kind="approved", package_arn=PACKAGE, state_machine_arn=DEPLOYMENT)
    world.deliver_all()
    world.stepfunctions.executions = dict.fromkeys(world.stepfunctions.executions, "SUCCEEDED")
    world.now += timedelta(days=1)
    world.send(kind="approved", package_arn=PACKAGE, state_machine_arn=DEPLOYMENT)
    world.deliver_all()
    assert len(world.stepfunctions.executions) == 2


def test_the_handler_answers_sqs_with_the_failed_messages_only(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.upload()
    world.put("broken", "?")
    monkeypatch.setenv("RUN_TABLE", TABLE)
    monkeypatch.setenv("MODELS_PATH", MODELS_PATH)
    ssm = FakeSSM(PARAMETERS)
    clients = {"dynamodb": world.dynamodb, "stepfunctions": world.stepfunctions, "ssm": ssm}
    monkeypatch.setattr("boto3.client", lambda service: clients[service])
    assert handle({"Records": world.queue}, None) == {"batchItemFailures": [{"itemIdentifier": "broken"}]}
    assert len(world.starts) == 1
