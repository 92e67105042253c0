"""The starter against a world of uploads, ends, aborts, crashes and redelivery."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambda_src.starter.decision import Claim, Item, Rest, decide
from lambda_src.starter.executions import Executions
from lambda_src.starter.handler import handle, work_off
from lambda_src.starter.items import StarterItems
from tests.lambda_src.examples import TABLE
from tests.lambda_src.fakes import FakeDynamoDB, FakeStepFunctions, client_error

TRAINING = "arn:aws:states:eu-west-1:123456789012:stateMachine:mlops-dev-churn-training"
DEPLOYMENT = "arn:aws:states:eu-west-1:123456789012:stateMachine:mlops-dev-churn-deployment"
PACKAGE = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/mlops-dev-churn/7"
MORNING = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)


def _end_of_second(time: datetime) -> datetime:
    """An event's time is cut to its second, so an upload may have been as late as this."""
    return time.replace(microsecond=999_999)


def _covers(execution: str) -> datetime:
    """What a run covers is its name."""
    return datetime.strptime(execution.rpartition("-")[2] + "000", "%Y%m%d%H%M%S%f").replace(tzinfo=UTC)


class Crash(BaseException):
    """The function's environment dies: nothing in it can catch that."""


@dataclass
class World:
    """One model, its queue, and a clock."""

    dynamodb: FakeDynamoDB = field(default_factory=FakeDynamoDB)
    stepfunctions: FakeStepFunctions = field(default_factory=FakeStepFunctions)
    now: datetime = MORNING
    queue: list[dict[str, str]] = field(default_factory=list)
    uploads: list[datetime] = field(default_factory=list)
    starts: list[datetime] = field(default_factory=list)
    crash_after: int | None = None

    def __post_init__(self) -> None:
        start = self.stepfunctions.start_execution

        def started(**arguments: Any) -> dict[str, Any]:
            before = len(self.stepfunctions.executions)
            answer = start(**arguments)
            if len(self.stepfunctions.executions) > before:
                self.starts.append(self.now)
            assert len(self.stepfunctions.running) <= 1, "two runs at the same time"
            return answer

        self.stepfunctions.start_execution = started  # type: ignore[method-assign]

    def send(self, **value: Any) -> None:
        common = {"model": "churn", "state_machine_arn": TRAINING, "time": f"{self.now:%Y-%m-%dT%H:%M:%SZ}"}
        self.queue.append(
            {"messageId": f"m{len(self.queue)}-{self.now.timestamp()}", "body": json.dumps(common | value)}
        )

    def upload(self) -> None:
        self.uploads.append(self.now)
        self.send(kind="upload", key=f"raw/churn/{len(self.uploads)}.csv", size=1)

    def end(self, status: str) -> None:
        for arn in self.stepfunctions.running:
            self.stepfunctions.executions[arn] = status
            self.send(kind="ended", execution_arn=arn, status=status)

    def deliver(self, records: list[dict[str, str]]) -> list[str]:
        """One invocation; a crash leaves every message on the queue."""
        dynamodb, stepfunctions = _Counted(self.dynamodb, self), _Counted(self.stepfunctions, self)
        try:
            answer = work_off(records, StarterItems(dynamodb, TABLE), Executions(stepfunctions), self._tick)
        except Crash:
            return [record["messageId"] for record in records]
        finally:
            self.crash_after = None
        return [entry["itemIdentifier"] for entry in answer["batchItemFailures"]]

    def deliver_all(self) -> None:
        while self.queue:
            records, self.queue = self.queue, []
            failed = self.deliver(records)
            self.queue += [record for record in records if record["messageId"] in failed]

    def _tick(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


class _Counted:
    """Hands calls on, and dies at the one that was chosen."""

    def __init__(self, client: Any, world: World) -> None:
        self._client, self._world = client, world

    def __getattr__(self, name: str) -> Any:
        world = self._world
        if world.crash_after is not None:
            world.crash_after -= 1
            if world.crash_after < 0:
                raise Crash
        return getattr(self._client, name)


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


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whatever_happens_every_upload_is_seen_by_a_run_and_no_run_starts_without_one(data: st.DataObject) -> None:
    world, delivered = World(), []
    for _ in range(data.draw(st.integers(1, 25))):
        world.now += timedelta(milliseconds=data.draw(st.sampled_from([0, 1, 400, 1500, 60_000])))
        match data.draw(
            st.sampled_from(["upload", "upload", "deliver", "deliver", "crash", "end", "again", "lose end"])
        ):
            case "upload":
                world.upload()
            case "end":
                world.end(data.draw(st.sampled_from(["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"])))
            case "again" if delivered:
                world.deliver(data.draw(st.lists(st.sampled_from(delivered), max_size=4)))
            case "deliver" | "crash" as how if world.queue:
                chosen = data.draw(st.lists(st.sampled_from(world.queue), min_size=1, unique_by=id))
                world.crash_after = data.draw(st.integers(0, 9)) if how == "crash" else None
                failed = world.deliver(chosen)
                done = [record for record in chosen if record["messageId"] not in failed]
                delivered += done
                world.queue = [record for record in world.queue if record not in done]
    for _ in range(4):
        world.now += timedelta(seconds=5)
        world.deliver_all()
        world.end("SUCCEEDED")
    assert not world.stepfunctions.running
    assert bool(world.starts) is bool(world.uploads)
    if world.uploads:
        assert max(world.starts) >= max(world.uploads)
    covered = map(_covers, world.stepfunctions.executions)
    for covers, later in zip(covered, world.starts[1:], strict=False):
        assert any(covers < _end_of_second(upload) and upload <= later for upload in world.uploads)


def test_two_starters_at_once_start_one_run() -> None:
    world = World()
    world.upload()
    items = StarterItems(world.dynamodb, TABLE)
    items.note("churn", MORNING)
    assert items.claim("churn", f"{TRAINING}:a", MORNING + timedelta(seconds=1))
    items.note("churn", MORNING + timedelta(seconds=2))
    assert not items.claim("churn", f"{TRAINING}:b", MORNING + timedelta(seconds=3))


def test_a_release_of_an_older_execution_leaves_the_newer_claim() -> None:
    world = World()
    items = StarterItems(world.dynamodb, TABLE)
    items.note("churn", MORNING)
    items.claim("churn", "new", MORNING)
    assert not items.release("churn", "old")
    assert items.read("churn").execution == "new"


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_a_run_is_claimed_only_for_what_the_last_one_does_not_cover(last_upload: datetime, covers: datetime) -> None:
    action = decide(Item(None, covers, last_upload), None, TRAINING, "churn", MORNING)
    assert isinstance(action, Claim if last_upload > covers else Rest)


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
    assert [arn.split(":")[6] for arn in world.stepfunctions.running] == ["mlops-dev-loans-training"]


def test_malformed_messages_are_reported_and_the_others_handled() -> None:
    world = World()
    world.queue.append({"messageId": "broken", "body": "?"})
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
    assert arn.endswith("mlops-dev-churn-deployment:churn-v7-20260301100000")
    assert json.loads(text) == {"package_arn": PACKAGE, "reason": "approved"}


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
    world.queue.append({"messageId": "broken", "body": "?"})
    monkeypatch.setenv("RUN_TABLE", TABLE)
    clients = {"dynamodb": world.dynamodb, "stepfunctions": world.stepfunctions}
    monkeypatch.setattr("boto3.client", lambda service: clients[service])
    assert handle({"Records": world.queue}, None) == {"batchItemFailures": [{"itemIdentifier": "broken"}]}
    assert len(world.starts) == 1
