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
    """Queues that hand out each message once, as those do that hide what was received, and what is asked of it."""
    held = {url(name.replace("_", "-")): list(bodies) for name, bodies in queues.items()}
    states = list(redrive)

    def receive(params: Mapping[str, Any]) -> Mapping[str, Any]:
        # API_ReceiveMessage: at most ten at once, and no attribute that is not asked for.
        waiting, most = held.get(params["QueueUrl"], []), params["MaxNumberOfMessages"]
        assert most <= 10 and params["VisibilityTimeout"] > 0
        taken, waiting[:] = waiting[:most], waiting[most:]
        dated = {"SentTimestamp": "1795780000000"} if "MessageSystemAttributeNames" in params else {}
        lost = LOST if "MessageAttributeNames" in params else {}
        return {
            "Messages": [
                {
                    "MessageId": f"m{number}",
                    "ReceiptHandle": f"h{number}",
                    "Body": body if isinstance(body, str) else json.dumps(body),
                    "Attributes": dated,
                    "MessageAttributes": lost if body is FAILED else {},
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
        "Step Functions",
        "--redrive",
    ):
        assert part in ended.out
    assert [call["VisibilityTimeout"] for call in given.called("sqs.ChangeMessageVisibility")] == [0] * 4
    assert not given.called("sqs.DeleteMessage")


def test_an_empty_queue_is_good_news(mlops: Mlops) -> None:
    assert mlops(account(), "dead-letters").out == "no dead letters\n"


def test_programs_get_the_bodies(mlops: Mlops) -> None:
    [letter] = mlops(account(intake_dead=[UPLOAD]), "--json", "dead-letters").document["dead_letters"]
    assert (letter["queue"], json.loads(letter["body"])) == ("intake", UPLOAD)
    assert "handle" not in letter  # it ends with the command


def test_many_are_counted_and_programs_get_all(mlops: Mlops) -> None:
    ended = mlops(account(intake_dead=[UPLOAD] * 25), "dead-letters")
    assert "25 dead letters" in ended.out
    assert "and 5 more (--json lists all)" in ended.err + ended.out
    assert len(mlops(account(intake_dead=[UPLOAD] * 25), "--json", "dead-letters").document["dead_letters"]) == 25


@pytest.mark.parametrize(
    ("body", "kind", "about"),
    [
        (
            {"kind": "ended", "execution_arn": execution("training", "x")},
            "ended",
            "execution:mlops-dev-training:x",
        ),
        ({"kind": "approved", "package_arn": package(3)}, "approved", "model-package/mlops-dev-churn/3"),
        ({"kind": "upload", "key": "raw/churn/a.csv"}, "upload", "raw/churn/a.csv"),
        ({"kind": "manual", "model": "churn"}, "manual", "churn"),
        (FAILED, "Step Functions Execution Status Change", "execution:mlops-dev-training:x"),
        ("a\nb" * 200, "not understood", (r"a\nb" * 200)[:200]),
    ],
)
def test_a_letter_says_what_it_is_about_in_a_line_and_its_body_stays_as_it_is(
    mlops: Mlops, body: Any, kind: str, about: str
) -> None:
    [letter] = mlops(account(intake_dead=[body]), "--json", "dead-letters").document["dead_letters"]
    assert (letter["kind"], letter["about"]) == (kind, about)
    assert letter["body"] == (body if isinstance(body, str) else json.dumps(body))


@pytest.mark.parametrize("name", ["ErrorMessage", "ERROR_MESSAGE", "ErrorCode", "ERROR_CODE"])
def test_the_reason_is_found_under_the_names_of_lambda_and_of_event_bridge(
    mlops: Mlops, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lambda's guide, "Dead-letter queues", and EventBridge's, "Using dead-letter queues"."""
    monkeypatch.setitem(globals(), "LOST", {name: {"DataType": "String", "StringValue": "no topic"}})
    [letter] = mlops(account(notifier_dead=[FAILED]), "--json", "dead-letters").document["dead_letters"]
    assert letter["why"] == "no topic"


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


def test_an_event_that_the_notifier_did_not_take_stays_a_dead_letter(mlops: Mlops) -> None:
    given = account(notifier_dead=[FAILED])
    given.answers["lambda.Invoke"] = refusal("TooManyRequestsException", "Rate exceeded")
    assert mlops(given, "dead-letters", "--redrive").code != 0
    assert not given.called("sqs.DeleteMessage")


def test_what_is_sent_in_again_is_counted_by_sqs_and_may_be_nothing(mlops: Mlops) -> None:
    moved = mlops(account(intake_dead=[UPLOAD]), "dead-letters", "--redrive")
    assert moved.out == "2 dead letters were sent in again; what fails again comes back to the dead letters\n"
    assert mlops(account(), "dead-letters", "--redrive").out == "0 dead letters were sent in again\n"


@pytest.mark.parametrize("status", ["FAILED", "CANCELLED"])
@pytest.mark.parametrize(("reason", "said"), [("go\nne", r"go\nne"), (None, "no reason is given")])
def test_a_redrive_that_does_not_end_well_is_told(mlops: Mlops, status: str, reason: str | None, said: str) -> None:
    given = account(intake_dead=[UPLOAD])
    task = {"Status": status, "ApproximateNumberOfMessagesMoved": 2} | ({"FailureReason": reason} if reason else {})
    looks = iter([{"Results": [task]}])
    given.answers["sqs.ListMessageMoveTasks"] = lambda _params: next(looks)
    ended = mlops(given, "dead-letters", "--redrive")
    assert (ended.code, ended.err) == (1, f"mlops: the redrive is {status} after 2 messages: {said}\n")


@pytest.mark.parametrize(("typed", "code", "deleted"), [("2\n", 0, 2), ("yes\n", 1, 0), ("", 1, 0)])
def test_they_are_thrown_away_when_their_number_is_typed(mlops: Mlops, typed: str, code: int, deleted: int) -> None:
    given = account(intake_dead=[UPLOAD], notifier_dead=[FAILED])
    assert mlops(given, "dead-letters", "--purge", typed=typed).code == code
    assert len(given.called("sqs.DeleteMessage")) == deleted


def test_where_there_is_nothing_to_throw_away_nobody_is_asked(mlops: Mlops) -> None:
    assert mlops(account(), "dead-letters", "--purge", typed="").code == 0


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
