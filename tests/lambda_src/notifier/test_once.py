"""The same thing is told once, whatever is delivered how often, and nothing is told never."""

import json
from typing import Any

import pytest
from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyAlreadyInProgressError

from lambda_src.notifier.failed_execution import identity
from lambda_src.notifier.handler import handle
from lambda_src.notifier.once import PARTITION, once
from tests.lambda_src.examples import MODELS_PATH, PARAMETERS, TABLE
from tests.lambda_src.fakes import FakeDynamoDB, FakeSSM, client_error
from tests.lambda_src.notifier.context import Context

SUBJECT = {"execution": "arn:1", "status": "FAILED", "stopped": "1"}


class Listener:
    """Counts what is told; fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.told = 0
        self._failures = failures

    def tell(self) -> dict[str, str]:
        if self._failures:
            self._failures -= 1
            raise client_error("Throttling", "Publish")
        self.told += 1
        return {"message_id": f"m{self.told}"}


def tell(dynamodb: FakeDynamoDB, listener: Listener, **changes: str) -> dict[str, str]:
    return once(SUBJECT | changes, listener.tell, dynamodb=dynamodb, table=TABLE, context=Context())


def test_the_same_end_is_told_once_and_answered_alike() -> None:
    dynamodb, listener = FakeDynamoDB(), Listener()
    answers = [tell(dynamodb, listener) for _ in range(3)]
    assert listener.told == 1
    assert answers == [{"message_id": "m1"}] * 3


@pytest.mark.parametrize("change", [{"execution": "arn:2"}, {"status": "ABORTED"}, {"stopped": "2"}])
def test_another_execution_another_end_and_the_end_after_a_redrive_are_told(change: dict[str, str]) -> None:
    dynamodb, listener = FakeDynamoDB(), Listener()
    tell(dynamodb, listener)
    tell(dynamodb, listener, **change)
    assert listener.told == 2


def test_the_end_after_a_redrive_is_another_end_of_the_same_execution() -> None:
    ends = [identity({"executionArn": "arn:1", "status": "FAILED", "stopDate": stopped}) for stopped in (1, 1, 2)]
    assert ends[0] == ends[1] != ends[2]


def test_what_could_not_be_published_is_tried_again() -> None:
    dynamodb, listener = FakeDynamoDB(), Listener(failures=2)
    for _ in range(2):
        with pytest.raises(Exception, match="Throttling"):
            tell(dynamodb, listener)
    tell(dynamodb, listener)
    tell(dynamodb, listener)
    assert listener.told == 1


def test_a_second_delivery_during_the_first_waits_for_its_end() -> None:
    dynamodb, listener = FakeDynamoDB(), Listener()

    def meanwhile() -> dict[str, str]:
        with pytest.raises(IdempotencyAlreadyInProgressError):
            tell(dynamodb, listener)
        return listener.tell()

    once(SUBJECT, meanwhile, dynamodb=dynamodb, table=TABLE, context=Context())
    assert listener.told == 1


def test_a_try_that_died_counts_as_none_once_its_time_is_over() -> None:
    class Over(Context):
        def get_remaining_time_in_millis(self) -> int:
            return -1

    class Death(BaseException):
        pass

    def die() -> dict[str, str]:
        raise Death

    dynamodb, listener = FakeDynamoDB(), Listener()
    dynamodb.delete_item = lambda **_: {}  # type: ignore[method-assign] # who is dead deletes nothing
    with pytest.raises(Death):
        once(SUBJECT, die, dynamodb=dynamodb, table=TABLE, context=Over())
    tell(dynamodb, listener)
    assert listener.told == 1


def test_what_was_told_lies_in_a_partition_of_its_own_and_expires() -> None:
    dynamodb = FakeDynamoDB()
    tell(dynamodb, Listener())
    [((model, item), stored)] = dynamodb.items.items()
    assert model == PARTITION
    assert item.startswith("told#")
    assert int(stored["expires_at"]["N"]) > 0


def test_the_handler_tells_of_one_version_of_a_lost_file_once(monkeypatch: pytest.MonkeyPatch) -> None:
    published: list[dict[str, str]] = []

    class Sns:
        def publish(self, **message: str) -> dict[str, str]:
            published.append(message)
            return {"MessageId": "m1"}

    clients: dict[str, Any] = {"sns": Sns(), "dynamodb": FakeDynamoDB(), "ssm": FakeSSM(PARAMETERS)}
    monkeypatch.setattr("boto3.client", lambda service: clients.get(service))
    environment = {"NAME_PREFIX": "mlops-dev", "MODELS_PATH": MODELS_PATH, "TOPIC_ARN": "t"}
    for name, value in {**environment, "RUN_TABLE": TABLE}.items():
        monkeypatch.setenv(name, value)
    for version in ("v1", "v1", "v2"):
        stored = {"key": "raw/chrun/a b+c.csv", "size": 3, "version-id": version, "sequencer": "1"}
        event = {
            "detail-type": "Object Created",
            "region": "eu-west-1",
            "detail": {"bucket": {"name": "data"}, "object": stored},
        }
        handle(json.loads(json.dumps(event)), Context())
    assert len(published) == 2
    assert all("raw/chrun/a b+c.csv" in message["Message"] for message in published)
    assert all("Models:  churn, loans" in message["Message"] for message in published)
