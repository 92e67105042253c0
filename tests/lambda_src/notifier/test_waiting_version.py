"""The message about a version that waits for people, who are told once."""

from typing import Any

import pytest
import typer

from commands.app import app
from lambda_src.common.models import Models
from lambda_src.notifier.handler import notify
from lambda_src.notifier.notice import Platform, UnreadableEvent
from lambda_src.notifier.waiting_version import WaitingVersion, waiting_version_notice
from tests.lambda_src.examples import MODELS_PATH, PARAMETERS, TABLE
from tests.lambda_src.fakes import FakeDynamoDB, FakeSSM
from tests.lambda_src.notifier.context import Context

TOPIC = "arn:aws:sns:eu-west-1:123456789012:alerts"


def event(version: int = 7, prefix: str = "mlops-prod", **more: Any) -> dict[str, Any]:
    arn = f"arn:aws:sagemaker:eu-west-1:123456789012:model-package/{prefix}-house-prices/{version}"
    detail = {
        "ModelPackageGroupName": f"{prefix}-house-prices",
        "ModelPackageVersion": version,
        "ModelPackageArn": arn,
        "ModelApprovalStatus": "PendingManualApproval",
        "CustomerMetadataProperties": {"run": "261127204500", "evaluation_report_uri": "s3://data/reports/x.json"},
        **more,
    }
    kind = "SageMaker Model Package State Change"
    return {"detail-type": kind, "region": "eu-west-1", "resources": [arn], "detail": detail}


class Topic:
    """SNS that keeps what is published."""

    def __init__(self) -> None:
        self.published: list[dict[str, str]] = []

    def publish(self, **message: str) -> dict[str, str]:
        self.published.append(message)
        return {"MessageId": str(len(self.published))}


def tell(events: list[dict[str, Any]]) -> list[dict[str, str]]:
    topic = Topic()
    clients = {"sns": topic, "dynamodb": FakeDynamoDB(), "stepfunctions": None, "logs": None}
    models = Models(FakeSSM(PARAMETERS), MODELS_PATH)
    for each in events:
        notify(each, Context(), prefix="mlops-prod", models=models, clients=clients, topic_arn=TOPIC, table=TABLE)
    return topic.published


@pytest.mark.parametrize("prefix", ["mlops-prod", "acme-staging"])
def test_the_message_holds_the_command_that_approves_the_version(prefix: str) -> None:
    notice = waiting_version_notice(WaitingVersion.of(event(prefix=prefix)), Platform(prefix, ("house-prices",)))
    [line] = [line for line in notice.body.splitlines() if line.startswith("Approve:")]
    words = line.split()[2:]
    context = typer.main.get_command(app).make_context("mlops", list(words))
    assert f"{context.params['name']}-{context.params['stage']}" == prefix
    assert words[-4:] == ["approve", "house-prices", "--version", "7"]
    assert notice.subject == f"{prefix}-house-prices version 7 waits for approval"
    assert "s3://data/reports/x.json" in notice.body


def test_a_version_is_told_once_however_often_and_with_whatever_change_its_events_come() -> None:
    changed = {"run": "261127204500", "note": "looked at"}
    stamped = event(UpdatedModelPackageFields=["CustomerMetadataProperties"], CustomerMetadataProperties=changed)
    told = tell([event(), event(), stamped, event(8)])
    assert [message["Subject"].split()[2] for message in told] == ["7", "8"]


def test_a_version_whose_event_lacks_what_aws_does_not_promise_is_told_too() -> None:
    bare = event()
    for name in ("ModelPackageArn", "CustomerMetadataProperties", "ModelPackageVersion"):
        del bare["detail"][name]
    [message] = tell([bare])
    assert "approve house-prices --version 7" in message["Message"]
    assert "not said by the event" in message["Message"]


@pytest.mark.parametrize("resources", [..., None, [], ["arn:aws:s3:::x"], [7]])
def test_an_event_that_names_no_version_is_refused_in_one_line(resources: Any) -> None:
    nameless = event()
    del nameless["detail"]["ModelPackageArn"], nameless["resources"]
    if resources is not ...:
        nameless["resources"] = resources
    with pytest.raises(UnreadableEvent, match=r"^a version waits for an approval, but .* is no version of a model"):
        tell([nameless])


@pytest.mark.parametrize(
    ("kind", "detail"),
    [
        ("Object Created", {}),
        ("Object Created", None),
        ("Object Created", {"bucket": {"name": "data"}, "object": {"key": "a.csv"}}),
        ("SageMaker Model Package State Change", None),
        ("Step Functions Execution Status Change", {"status": "FAILED"}),
        ("Step Functions Execution Status Change", None),
        ("An event of tomorrow", {}),
    ],
)
def test_an_event_that_lacks_what_it_is_about_is_refused_in_one_line(kind: str, detail: Any) -> None:
    with pytest.raises(UnreadableEvent, match=rf"^the event e-1 \({kind}\) lacks what it is about: .+$"):
        tell([{"id": "e-1", "detail-type": kind, "region": "eu-west-1", "detail": detail}])


def test_what_an_event_holds_writes_no_line_of_its_own() -> None:
    hostile = event(CustomerMetadataProperties={"run": "1\nApprove: rm -rf", "evaluation_report_uri": "x" * 9000})
    [message] = tell([hostile])
    marks = [line.partition(":")[0] for line in message["Message"].splitlines() if line]
    assert marks == ["What", "Model", "Approve", "Reject", "Compare", "Run", "Report", "Look"]
    assert len(message["Message"]) < 2000
