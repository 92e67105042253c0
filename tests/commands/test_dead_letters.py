"""`mlops dead-letters`: what was given up is shown, goes back where it belongs, or goes for good."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.commands.aws import ACCOUNT, REGION, Account, arn, deployed, execution, package, refusal
from tests.commands.conftest import Mlops

UPLOAD = {
    "kind": "upload",
    "model": "churn",
    "event": {"detail-type": "Object Created", "detail": {"object": {"key": "raw/churn/a\nb.csv"}}},
}
APPROVAL = {"kind": "approved", "model": "churn", "event": {"detail": {"ModelPackageArn": package(3)}}}
FAILED = {
    "detail-type": "Step Functions Execution Status Change",
    "detail": {"executionArn": execution("training", "x"), "status": "FAILED"},
}
LOST = {"ErrorMessage": {"DataType": "String", "StringValue": "no topic"}}


def url(name: str) -> str:
    return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"


def account(*, redrive: tuple[str, ...] = ("RUNNING", "COMPLETED"), **queues: list[Any]) -> Account:
    """Queues that hand out each message once, as those do that hide what was received."""
    held = {url(name.replace("_", "-")): list(bodies) for name, bodies in queues.items()}
    states = list(redrive)

    def receive(params: Mapping[str, Any]) -> Mapping[str, Any]:
        waiting = held.get(params["QueueUrl"], [])
        taken, waiting[:] = waiting[:10], waiting[10:]
        return {
            "Messages": [
                {
                    "MessageId": f"m{number}",
                    "ReceiptHandle": f"h{number}",
                    "Body": body if isinstance(body, str) else json.dumps(body),
                    "Attributes": {"SentTimestamp": "1795780000000"},
                    "MessageAttributes": LOST if body is FAILED else {},
                }
                for number, body in enumerate(taken)
            ]
        }

    def tasks(_params: Mapping[str, Any]) -> Mapping[str, Any]:
        state = states.pop(0) if len(states) > 1 else states[0]
        return {"Results": [{"Status": state, "ApproximateNumberOfMessagesMoved": 2, "FailureReason": "gone"}]}

    made = deployed()
    made.answers |= {
        "sqs.ReceiveMessage": receive,
        "sqs.ChangeMessageVisibility": {},
        "sqs.DeleteMessage": {},
        "sqs.GetQueueAttributes": lambda params: {
            "Attributes": {"QueueArn": arn("sqs", params["QueueUrl"].rpartition("/")[2])}
        },
        "sqs.StartMessageMoveTask": {"TaskHandle": "t"},
        "sqs.ListMessageMoveTasks": tasks,
        "lambda.Invoke": {"StatusCode": 202},
    }
    return made


def test_a_dead_letter_that_nests_too_deep_to_be_read_hides_none(mlops: Mlops) -> None:
    ended = mlops(account(intake_dead=["[" * 100_000, UPLOAD], notifier_dead=[]), "dead-letters")
    assert ended.code == 0
    assert "2 dead letters" in ended.out


def test_dead_letters_are_listed_with_kind_subject_and_reason_and_left_where_they_are(mlops: Mlops) -> None:
    given = account(intake_dead=[UPLOAD, APPROVAL, "no json"], notifier_dead=[FAILED])
    ended = mlops(given, "dead-letters")
    assert ended.code == 0
    for part in (
        "4 dead letters",
        r"raw/churn/a\nb.csv",
        "model-package/mlops-dev-churn/3",
        "not understood",
        "no topic",
        "--redrive",
    ):
        assert part in ended.out
    assert len(given.called("sqs.ChangeMessageVisibility")) == 4
    assert not given.called("sqs.DeleteMessage")


def test_an_empty_queue_is_good_news(mlops: Mlops) -> None:
    assert mlops(account(), "dead-letters").out == "no dead letters\n"


def test_programs_get_the_bodies(mlops: Mlops) -> None:
    [letter] = mlops(account(intake_dead=[UPLOAD]), "--json", "dead-letters").document["dead_letters"]
    assert (letter["queue"], json.loads(letter["body"])) == ("intake", UPLOAD)


def test_messages_of_the_intake_go_back_to_its_queue_by_sqss_own_redrive(mlops: Mlops) -> None:
    given = account(intake_dead=[UPLOAD, APPROVAL])
    ended = mlops(given, "dead-letters", "--redrive")
    assert (ended.code, "2 dead letters were sent in again" in ended.out) == (0, True)
    [started] = given.called("sqs.StartMessageMoveTask")
    assert started == {"SourceArn": arn("sqs", "intake-dead"), "DestinationArn": arn("sqs", "intake")}
    assert len(given.called("sqs.ListMessageMoveTasks")) == 2


def test_events_that_the_notifier_gave_up_are_handed_to_it_again(mlops: Mlops) -> None:
    given = account(notifier_dead=[FAILED])
    assert mlops(given, "dead-letters", "--redrive").code == 0
    [invoked] = given.called("lambda.Invoke")
    assert (invoked["FunctionName"], invoked["InvocationType"]) == ("notifier", "Event")
    assert json.loads(invoked["Payload"]) == FAILED
    assert [call["QueueUrl"] for call in given.called("sqs.DeleteMessage")] == [url("notifier-dead")]
    assert not given.called("sqs.StartMessageMoveTask")


def test_a_redrive_that_fails_is_told(mlops: Mlops) -> None:
    ended = mlops(account(intake_dead=[UPLOAD], redrive=("FAILED",)), "dead-letters", "--redrive")
    assert (ended.code, ended.err) == (1, "mlops: the redrive is FAILED after 2 messages: gone\n")


@pytest.mark.parametrize(("typed", "code", "deleted"), [("2\n", 0, 2), ("yes\n", 1, 0), ("", 1, 0)])
def test_they_are_thrown_away_when_their_number_is_typed(mlops: Mlops, typed: str, code: int, deleted: int) -> None:
    given = account(intake_dead=[UPLOAD], notifier_dead=[FAILED])
    assert mlops(given, "dead-letters", "--purge", typed=typed).code == code
    assert len(given.called("sqs.DeleteMessage")) == deleted


def test_one_queue_can_be_meant(mlops: Mlops) -> None:
    given = account(intake_dead=[UPLOAD], notifier_dead=[FAILED])
    assert mlops(given, "dead-letters", "--purge", "--yes", "--queue", "notifier").code == 0
    assert [call["QueueUrl"] for call in given.called("sqs.DeleteMessage")] == [url("notifier-dead")]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--redrive", "--purge"], "give --redrive or --purge, not both"),
        (["--queue", "starter"], "--queue is 'starter'; allowed: intake, notifier"),
    ],
)
def test_wrong_use_is_one_line(mlops: Mlops, arguments: list[str], said: str) -> None:
    ended = mlops(account(), "dead-letters", *arguments)
    assert (ended.code, ended.err) == (2, f"mlops: {said}\n")


def test_a_missing_permission_is_named(mlops: Mlops) -> None:
    given = account(intake_dead=[UPLOAD])
    given.answers["sqs.StartMessageMoveTask"] = refusal(
        "AccessDenied", "User: x is not authorized to perform: sqs:StartMessageMoveTask on resource: y"
    )
    ended = mlops(given, "dead-letters", "--redrive")
    assert (ended.code, "sqs:StartMessageMoveTask" in ended.err) == (4, True)
