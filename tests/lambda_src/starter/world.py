"""One model, its queue, its run table and its clock, for the starter's tests."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from lambda_src.common.models import Models
from lambda_src.starter.executions import Executions
from lambda_src.starter.handler import work_off
from lambda_src.starter.items import StarterItems
from tests.lambda_src.examples import MODELS_PATH, PARAMETERS, TABLE
from tests.lambda_src.fakes import FakeDynamoDB, FakeSSM, FakeStepFunctions

TRAINING = "arn:aws:states:eu-west-1:123456789012:stateMachine:mlops-dev-training"
MODELS = Models(FakeSSM(PARAMETERS), MODELS_PATH)
MORNING = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)


def end_of_second(time: datetime) -> datetime:
    """An event's time is cut to its second, so an upload may have been as late as this."""
    return time.replace(microsecond=999_999)


def covers(execution: str) -> datetime:
    """Read from its name up to when a run covers."""
    return datetime.strptime(execution.rpartition("-")[2] + "000", "%Y%m%d%H%M%S%f").replace(tzinfo=UTC)


@dataclass(frozen=True)
class Start:
    """An execution that began."""

    time: datetime
    covers: datetime
    reason: str


class Crash(BaseException):
    """The function's environment dies: nothing in it can catch that."""


@dataclass
class World:
    """One model, its queue, and a clock."""

    dynamodb: FakeDynamoDB = field(default_factory=FakeDynamoDB)
    stepfunctions: FakeStepFunctions = field(default_factory=FakeStepFunctions)
    models: Models = MODELS
    now: datetime = MORNING
    queue: list[dict[str, Any]] = field(default_factory=list)
    uploads: list[datetime] = field(default_factory=list)
    wishes: list[datetime] = field(default_factory=list)
    starts: list[Start] = field(default_factory=list)
    crash_after: int | None = None

    def __post_init__(self) -> None:
        start = self.stepfunctions.start_execution

        def started(**arguments: Any) -> dict[str, Any]:
            before = len(self.stepfunctions.executions)
            answer = start(**arguments)
            if len(self.stepfunctions.executions) > before:
                reason = json.loads(arguments["input"])["reason"]
                self.starts.append(Start(self.now, covers(arguments["name"]), reason))
            assert len(self.stepfunctions.running) <= 1, "two runs at the same time"
            return answer

        self.stepfunctions.start_execution = started  # type: ignore[method-assign]

    def send(self, **value: Any) -> None:
        common = {"model": "churn", "state_machine_arn": TRAINING, "time": f"{self.now:%Y-%m-%dT%H:%M:%SZ}"}
        self.put(f"m{len(self.queue)}-{self.now.timestamp()}", json.dumps(common | value))

    def put(self, identifier: str, body: str) -> None:
        """A record as Lambda is given it, the moment of sending included."""
        sent = str(round(self.now.timestamp() * 1000))
        self.queue.append({"messageId": identifier, "body": body, "attributes": {"SentTimestamp": sent}})

    def upload(self) -> None:
        self.uploads.append(self.now)
        self.send(kind="upload", key=f"raw/churn/{len(self.uploads)}.csv", size=1)

    def wish(self, *, clock_ahead: timedelta = timedelta()) -> None:
        self.wishes.append(self.now)
        self.send(kind="manual", time=(self.now + clock_ahead).isoformat())

    def end(self, status: str) -> None:
        for arn in self.stepfunctions.running:
            self.stepfunctions.executions[arn] = status
            self.send(kind="ended", execution_arn=arn, status=status)

    def deliver(self, records: list[dict[str, Any]]) -> list[str]:
        """One invocation; a crash leaves every message on the queue."""
        dynamodb, stepfunctions = _Counted(self.dynamodb, self), _Counted(self.stepfunctions, self)
        try:
            answer = work_off(
                records, self.models, StarterItems(dynamodb, TABLE), Executions(stepfunctions), self._tick
            )
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

    def let_everything_end(self) -> None:
        """Deliver and end until nothing happens any more; it must not go on for ever."""
        for _ in range(6):
            self.now += timedelta(seconds=5)
            self.deliver_all()
            self.end("SUCCEEDED")
        self.deliver_all()

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
